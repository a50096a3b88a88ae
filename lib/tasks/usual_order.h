// Problems of numbers as people write them, `123+456=579`, and as the lines of a data set have them, `321+654=975`,
// with hints, zeros or a scratchpad.
#ifndef TALLY_LIB_TASKS_USUAL_ORDER_H_
#define TALLY_LIB_TASKS_USUAL_ORDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/line_format.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// `format` with all digits in usual order and nothing beside them. Lines of strings, such as bits, stay as they are.
// UsageError for tasks of neither.
absl::StatusOr<ProblemFormat> UsualFormat(const ProblemFormat& format);

// The line of `format`, up to its `=`, that asks what `problem`, a line of `usual`, its UsualFormat, asks. BadInput
// where `format` interleaves two numbers and the problem has more.
absl::StatusOr<std::string> PromptOf(const ParsedProblem& problem, const ProblemFormat& usual,
                                     const ProblemFormat& format);

// The result of `answer`, a line's under `format` (ParsedProblem::answer): of a number its sign and its digits in usual
// order, without zeros in front.
std::string UsualResult(absl::string_view answer, const ProblemFormat& format);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_USUAL_ORDER_H_
