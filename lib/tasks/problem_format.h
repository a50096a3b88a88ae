// What the lines of a data set look like.
#ifndef TALLY_LIB_TASKS_PROBLEM_FORMAT_H_
#define TALLY_LIB_TASKS_PROBLEM_FORMAT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/task.h"

namespace tally {

// Which numbers of a line stand least significant digit first. The reference's --reverse_all and --reverse_answer.
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

struct ProblemFormat {
  Task task = Task::kAddition;
  DigitOrder order = DigitOrder::kAllReversed;

  // Digits of two operands in turn and no operator: `a1 b1 a2 b2 ...`, then the rest of the longer one.
  bool interleave = false;

  // A hint character before each digit (index_hints.h).
  bool index_hints = false;

  // Spaces may stand before any character; they mean nothing.
  bool spaces = false;

  // Zeros before each operand; one more before the answer, ahead of its sign. Reversed numbers end with them.
  int prepended_zeros = 0;

  // The answer is the working, written out (working.h).
  bool working = false;
};

// UsageError for what does not go together: interleaving and zeros need sums, differences or products; hints go without
// spaces and interleaving, and not with bitwise OR; bitwise OR has no digit order; working is of sums and products with
// all digits reversed, and nothing else goes with it.
absl::Status ValidateProblemFormat(const ProblemFormat& format);

// The flags of a format as text, such as "interleave,prepended_zeros=2", "" for none of them; and back (BadInput).
// Task and order are not part of it.
std::string LayoutText(const ProblemFormat& format);
absl::Status ParseLayout(absl::string_view text, ProblemFormat* format);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_PROBLEM_FORMAT_H_
