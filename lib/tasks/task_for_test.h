// What the tests of single tasks share.
#ifndef TALLY_LIB_TASKS_TASK_FOR_TEST_H_
#define TALLY_LIB_TASKS_TASK_FOR_TEST_H_

#include <string>

#include "absl/strings/string_view.h"
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

}  // namespace tally

#endif  // TALLY_LIB_TASKS_TASK_FOR_TEST_H_
