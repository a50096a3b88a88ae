// The problems of a cell. Torch-free.
#ifndef TALLY_LIB_EVAL_CELL_PROBLEMS_H_
#define TALLY_LIB_EVAL_CELL_PROBLEMS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/random.h"
#include "lib/eval/score_line.h"
#include "lib/results/grid.h"
#include "lib/tasks/problem_format.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

// Most problems of a cell.
inline constexpr int64_t kMaxSamples = int64_t{1} << 24;

// Not thread-safe.
class CellProblems {
 public:
  // Problems of these lengths: number i depends on (seed, lengths, operands, i) alone. Where problems are counted, as
  // for bitwise OR, none comes twice. UsageError for what the task does not have: more than two operands of anything
  // but a sum, more numbers to sort than there are labels, longer operands than kMaxOperandDigits.
  static absl::StatusOr<CellProblems> OfGrid(const ProblemFormat& format, const GridCell& cell, uint64_t seed);

  // The lines of a file, each with its right answer, which is checked where the line has one. BadInput by line.
  static absl::StatusOr<CellProblems> OfFile(const std::string& path, const ProblemFormat& format);

  // How many there are, at most kMaxSamples.
  int64_t count() const;

  // Appends problems begin, ..., end - 1, as lines of the cell with that number.
  absl::Status AppendTo(int64_t begin, int64_t end, int64_t cell, std::vector<ScoreLine>* lines);

 private:
  CellProblems() = default;

  std::vector<std::string> given_;  // of a file
  std::optional<Sampler> sampler_;  // of a grid, and what follows
  std::optional<Permutation> order_;
  uint64_t seed_ = 0;
  int64_t first_ = 0, second_ = 0;  // digits
};

}  // namespace tally

#endif  // TALLY_LIB_EVAL_CELL_PROBLEMS_H_
