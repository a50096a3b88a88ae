#include "lib/tasks/parsed_problem.h"

#include <algorithm>

namespace tally {

ProblemSize SizeOf(const ParsedProblem& problem, Task task) {
  ProblemSize size;
  if (task == Task::kSorting) {
    for (const absl::string_view number : problem.operands) {
      size.first = std::max<int64_t>(size.first, number.size());
    }
    size.second = static_cast<int64_t>(problem.operands.size());
    return size;
  }
  size.first = static_cast<int64_t>(problem.operands[0].size());
  for (size_t i = 1; i < problem.operands.size(); ++i) {
    size.second = std::max<int64_t>(size.second, problem.operands[i].size());
  }
  return size;
}

}  // namespace tally
