// The problems of a cell, and how many of them are scored. Torch-free.
#ifndef TALLY_LIB_EVAL_CELL_PROBLEMS_H_
#define TALLY_LIB_EVAL_CELL_PROBLEMS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/random.h"
#include "lib/results/grid.h"
#include "lib/tasks/problem_format.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

// One problem to answer: `321+54=573` and the number that its random initial state depends on.
struct ScoreLine {
  std::string text;
  uint64_t sample = 0;
  int64_t cell = 0;  // lines of different cells are never in one batch, so none changes the rounding of another's
};

// Most problems of a cell.
inline constexpr int64_t kMaxSamples = int64_t{1} << 24;

// Not thread-safe.
class CellProblems {
 public:
  CellProblems() = default;  // none

  // Problems of these lengths: number i depends on (seed, lengths, operands, i) alone. Where problems are counted, as
  // for bitwise OR, none comes twice. UsageError for what the task does not have: more than two operands of anything
  // but a sum, more numbers to sort than there are labels, longer operands than kMaxOperandDigits.
  static absl::StatusOr<CellProblems> ForGrid(const ProblemFormat& format, const GridCell& cell, uint64_t seed);

  // Given problems: lines with their right answers, at most kMaxSamples.
  static CellProblems OfLines(std::vector<std::string> lines);

  // How many there are, at most kMaxSamples.
  int64_t count() const;

  // Appends problems begin, ..., end - 1, as lines of the cell with that number.
  absl::Status AppendTo(int64_t begin, int64_t end, int64_t cell, std::vector<ScoreLine>* lines);

 private:
  std::vector<std::string> given_;  // by OfLines
  std::optional<Sampler> sampler_;  // of a grid, and what follows
  std::optional<Permutation> order_;
  uint64_t seed_ = 0;
  int64_t first_ = 0, second_ = 0;  // digits
};

// How many problems of a cell are scored.
//
// With an interval, a cell is looked at after a first lot of problems, then each time their number has doubled, and is
// done once the half-width of its 95 % Wilson interval is at most `interval`. The looks depend on the plan alone, never
// on batches. The first lot is the smallest that can be enough: a cell with all answers right, or all wrong.
//
// Looking more than once biases the result slightly: a cell that is lucky early stops, one that is not continues.
struct SamplePlan {
  int64_t most = 100;   // problems
  double interval = 0;  // 0: all of them, no look
};

// The number of problems at the first look after `scored` (0 before the first), at most plan.most.
int64_t NextLook(const SamplePlan& plan, int64_t scored);

// Whether a cell with `exact` right answers of `scored` is done.
bool IsEnough(const SamplePlan& plan, int64_t exact, int64_t scored);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_CELL_PROBLEMS_H_
