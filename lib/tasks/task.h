// The tasks that Tally knows, by name and by the operator in their lines.
#ifndef TALLY_LIB_TASKS_TASK_H_
#define TALLY_LIB_TASKS_TASK_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

enum class Task {
  kAddition,        // 123+45=168
  kSubtraction,     // 123-45=78, or 45-123=-78
  kMultiplication,  // 12x34=408
  kBitwiseOr,       // 00100+000=00100: digits 0 and 1, counted from the left
  kSorting,         // A:41,B:7=B,A: labels in rising order of their numbers
};

// "addition", "subtraction", "multiplication", "bitwise_or", "sorting" <-> Task. UsageError, with the nearest name, for
// any other.
absl::StatusOr<Task> ParseTask(absl::string_view name);
absl::string_view TaskName(Task task);

// Between the operands of a line: '+', '-', 'x', '+', ','.
char OperatorOf(Task task);

// Whether operands are numbers and the answer is computed from them: all but bitwise OR and sorting.
bool IsArithmetic(Task task);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_TASK_H_
