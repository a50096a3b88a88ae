// The parts of a problem's line.
#ifndef TALLY_LIB_TASKS_PARSED_PROBLEM_H_
#define TALLY_LIB_TASKS_PARSED_PROBLEM_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/task.h"

namespace tally {

// Most operands of a sum.
inline constexpr int kMaxOperands = 32;

// A line in parts. Views into the line, or, where the format hides its parts (spaces, hints, interleaving), into the
// text that ParseProblem was given room for.
struct ParsedProblem {
  absl::InlinedVector<absl::string_view, 2> operands;  // numbers as they stand; sorting: those with labels
  absl::InlinedVector<absl::string_view, 2> labels;    // sorting: of each operand
  absl::string_view answer;                            // empty where nothing follows the `=`
};

// The two sizes that a problem is counted by: digits of the first and of the longest other operand; for sorting, digits
// of the longest number and how many numbers there are.
struct ProblemSize {
  int64_t first = 0;
  int64_t second = 0;
};
ProblemSize SizeOf(const ParsedProblem& problem, Task task);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_PARSED_PROBLEM_H_
