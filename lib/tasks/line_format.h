// What the lines of a data set look like, whatever the task. ProblemFormat (problem_format.h) adds the task.
#ifndef TALLY_LIB_TASKS_LINE_FORMAT_H_
#define TALLY_LIB_TASKS_LINE_FORMAT_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Which numbers of a line are written least significant digit first. The reference's --reverse_all and
// --reverse_answer.
enum class DigitOrder {
  kAllReversed,       // operands and answer (the default: digits of equal weight can be told from the left)
  kAnswerReversed,    // the answer only
  kOperandsReversed,  // operands only: what the reference writes where both of its flags are given
  kPlain,             // as people write numbers
};

// "all", "answer", "operands", "none" <-> DigitOrder; UsageError for anything else.
absl::StatusOr<DigitOrder> ParseDigitOrder(absl::string_view text);
absl::string_view DigitOrderName(DigitOrder order);

// Of numbers in operands, and in the answer.
bool OperandsAreReversed(DigitOrder order);
bool AnswerIsReversed(DigitOrder order);

struct LineFormat {
  DigitOrder order = DigitOrder::kAllReversed;

  // Digits of two operands in turn and no operator: `a1 b1 a2 b2 ...`, then the rest of the longer one.
  bool interleave = false;

  // A hint character before each digit (operands/layouts.h).
  bool index_hints = false;

  // Spaces may come before any character and mean nothing.
  bool spaces = false;

  // Zeros before each operand; one more before the answer, ahead of its sign. Reversed numbers end with them.
  int prepended_zeros = 0;

  // The answer is written out with its intermediate results, each task in its own way.
  bool scratchpad = false;

  // What else the task lets one choose (Task::parameters). One that is missing has its usual value.
  std::map<std::string, int64_t> parameters = {};
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_LINE_FORMAT_H_
