// What the tests of single tasks share.
#ifndef TALLY_LIB_TASKS_TASK_FOR_TEST_H_
#define TALLY_LIB_TASKS_TASK_FOR_TEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/tasks/problem.h"

namespace tally {

// Numbers as people write them.
inline LineFormat PlainOrder() {
  LineFormat format;
  format.order = DigitOrder::kPlain;
  return format;
}

inline LineFormat WithScratchpad() {
  LineFormat format;
  format.scratchpad = true;
  return format;
}

// The answer to `line`, which ends with `=`, by the task called `task`; the message where it is not a problem of it.
inline std::string AnswerTo(absl::string_view task, absl::string_view line, const LineFormat& format = {}) {
  std::string room;
  const absl::StatusOr<ParsedProblem> problem = TaskNamed(task).Parse(line, format, &room);
  return problem.ok() ? TaskNamed(task).Answer(*problem, format) : std::string(problem.status().message());
}

// What the state of a problem holds after 0, 1, ..., `most` recurrences, `numbers` of them (Task::StateAfter).
inline std::vector<std::vector<uint8_t>> States(absl::string_view task, const OperandViews& operands, int64_t most,
                                                size_t numbers, const LineFormat& format = {}) {
  ParsedProblem problem;
  problem.operands = operands;
  std::vector<std::vector<uint8_t>> states;
  for (int64_t n = 0; n <= most; ++n) {
    states.emplace_back(numbers, uint8_t{255});
    TaskNamed(task).StateAfter(problem, format, n, absl::MakeSpan(states.back()));
  }
  return states;
}

}  // namespace tally

#endif  // TALLY_LIB_TASKS_TASK_FOR_TEST_H_
