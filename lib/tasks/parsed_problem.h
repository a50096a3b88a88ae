// The parts of a problem's line.
#ifndef TALLY_LIB_TASKS_PARSED_PROBLEM_H_
#define TALLY_LIB_TASKS_PARSED_PROBLEM_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"

namespace tally {

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

#endif  // TALLY_LIB_TASKS_PARSED_PROBLEM_H_
