// Results of evaluation: one JSON line a cell (docs/formats/results.md). A cell is a set of problems of the same
// operand lengths, or a file of given problems.
#ifndef TALLY_LIB_RESULTS_CELL_H_
#define TALLY_LIB_RESULTS_CELL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

struct Interval {
  double low = 0;
  double high = 1;
};

// The 95 % Wilson score interval of `successes` out of `trials` (Wilson, "Probable inference, the law of succession,
// and statistical inference", JASA 22, 1927). [0, 1] for no trials.
Interval WilsonInterval(int64_t successes, int64_t trials);

struct Cell {
  std::string task;          // "addition"
  std::string problems;      // name of the file of given problems; "" for a cell of the grid
  int64_t first_digits = 0;  // operand lengths; 0 for given problems
  int64_t second_digits = 0;
  int64_t samples = 0;
  int64_t exact = 0;   // samples whose every answer token, EOS included, is right
  int64_t tokens = 0;  // answer tokens scored
  int64_t tokens_right = 0;
  std::string model;        // folder of the checkpoint as it was given
  int64_t step = 0;         // training step of the checkpoint
  int64_t recurrences = 0;  // at test time
  uint64_t seed = 0;
  int64_t trained_first_max = 0;  // longest operands of the training data; 0 where not known
  int64_t trained_second_max = 0;

  double exact_fraction() const { return samples == 0 ? 0 : static_cast<double>(exact) / samples; }
  bool in_distribution() const { return first_digits <= trained_first_max && second_digits <= trained_second_max; }
};

// The cell as one line of JSON without a newline. Keys in a fixed order, fractions and interval included, so that equal
// cells give equal bytes.
std::string CellToJson(const Cell& cell);

// Reads such a line. BadInput names the missing or wrong key; counts that contradict each other (exact > samples) are
// refused. Unknown keys are ignored. The caller adds file and line.
absl::StatusOr<Cell> CellFromJson(absl::string_view line);

// All cells of a stream of lines ("-": standard input). BadInput with file and line; an empty file is BadInput.
absl::StatusOr<std::vector<Cell>> ReadCells(const std::string& path);

// Sums over groups of cells, for people: "in distribution (operands of at most 20 and 20 digits): ..." and the like.
struct Totals {
  int64_t cells = 0;
  int64_t samples = 0;
  int64_t exact = 0;
  double worst = 1;  // lowest exact fraction of a cell
  void Add(const Cell& cell);
};

// The summary that eval prints on standard error: in-distribution, out of distribution, and 100 digits or more apart,
// each with cells, samples, exact match in percent, Wilson interval and worst cell; a line for each file of given
// problems. Groups without cells are left out. Lines end with a newline.
std::string Summary(const std::vector<Cell>& cells);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_CELL_H_
