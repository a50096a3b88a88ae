// The working of a problem, written out in its answer as rows with `+` between them, so that no digit of it depends on
// more than a few others. All numbers have their least significant digit first.
//
//   A product x x y, one row for each digit of y: row j = floor(row j-1 / 10) + x * (digit j of y), with one digit more
//   than x. The product is the first digit of every row, then the rest of the last one.
//   A sum a + b + c + ..., one row for each operand: the running sums a, a + b, a + b + c, ..., without leading zeros.
#ifndef TALLY_LIB_TASKS_WORKING_H_
#define TALLY_LIB_TASKS_WORKING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/tasks/task.h"

namespace tally {

// Whether `task` has such a form: sums and products.
bool HasWorking(Task task);

// The rows for `operands`, two of a product, two or more of a sum. Time linear in the length of the result.
std::string Working(Task task, absl::Span<const absl::string_view> operands);

// The result that `working` ends in, without leading zeros; "" for no rows. `working` is an answer that ParseProblem
// accepted, right or wrong: rows of digits, none of them empty.
std::string ResultOfWorking(Task task, absl::string_view working);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_WORKING_H_
