// Problems that the user gives, as files or folders, in the cells of a grid. Torch-free.
#ifndef TALLY_LIB_EVAL_GIVEN_PROBLEMS_H_
#define TALLY_LIB_EVAL_GIVEN_PROBLEMS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/eval/cell_problems.h"
#include "lib/results/grid.h"
#include "lib/tasks/problem_format.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// What the cells of given problems are made by.
enum class CellsBy {
  kLengths,  // each problem's lengths, as the task counts them
  kFolder,   // the numbers in the name of its file, or of the nearest folder that has them
  kFile,     // its file: a cell without lengths
};

// "lengths", "folder", "file"; UsageError for anything else.
absl::StatusOr<CellsBy> ParseCellsBy(const std::string& text);

// The two lengths in the name of a test set's file or folder, as the reference writes them: `+_n_3_m_7_examples_100`,
// `..._max_digits_n_3_max_length_m_7_200`, `or_one_vec_zeros_3_7`; the name that is nearest to the end of `path`
// counts. BadInput where none has two.
absl::StatusOr<GridCell> LengthsInName(const std::string& path);

// Which problems are given: files and folders, and the split of data sets in them (lib/problems/problem_files.h).
struct GivenProblems {
  std::vector<std::string> words;
  std::string split = "all";
  CellsBy by = CellsBy::kLengths;
  bool add_index_hints = false;
};

struct GivenCell {
  size_t format = 0;  // number of the task's format
  GridCell lengths;   // 0, 0, 0 with kFile
  std::string file;   // with kFile, else ""
  double cost = 0;    // of scoring its problems, as PredictedCost has it (shard_cells.h)
  CellProblems problems;
};

struct GivenCells {
  std::vector<GivenCell> cells;
  std::string hash;  // of the problems and the cells that they are in (ContentHash::Hex)
};

// The given problems, each with its right answer, which is checked where the line has one. `vocabulary` is that of
// stored ids. Lines may have spaces where the format has none, as test sets of the reference do: they are taken out.
// Cells come by format, lengths and operands, with kFile by files and formats; the problems of a cell in the order in
// which they were read. Where a task has problems of more than two operands, the lengths of all of its cells are those
// of the longest operand.
//
// With `add_index_hints` the lines of formats that have such hints have none, and get them, from the first hint on, as
// in the reference's evaluation. UsageError where no format has any. BadInput by file and line.
absl::StatusOr<GivenCells> ReadGivenProblems(const GivenProblems& given, const std::vector<ProblemFormat>& formats,
                                             const Vocabulary& vocabulary);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_GIVEN_PROBLEMS_H_
