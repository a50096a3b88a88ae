// What the lines of a data set look like, whatever the task, and a line in parts. ProblemFormat (problem_format.h) adds
// the task.
#ifndef TALLY_LIB_TASKS_LINE_FORMAT_H_
#define TALLY_LIB_TASKS_LINE_FORMAT_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/container/inlined_vector.h"
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

// Most operands of a problem.
inline constexpr int kMaxOperands = 32;

using OperandViews = absl::InlinedVector<absl::string_view, 2>;

// A line in parts. Views into the line, or, where the format hides its parts (spaces, hints, interleaving), into the
// text that ParseProblem was given room for.
struct ParsedProblem {
  OperandViews operands;     // as written
  OperandViews labels;       // of each operand, where the task has labels
  absl::string_view answer;  // empty where nothing follows the `=`
};

// The two sizes that a problem is counted by: digits of the first and of the longest other operand, or what the task
// says (Task::Size).
struct ProblemSize {
  int64_t first = 0;
  int64_t second = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_LINE_FORMAT_H_
