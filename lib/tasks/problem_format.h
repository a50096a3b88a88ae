// What the lines of a data set are: the task, and what its lines look like.
#ifndef TALLY_LIB_TASKS_PROBLEM_FORMAT_H_
#define TALLY_LIB_TASKS_PROBLEM_FORMAT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/line_format.h"
#include "lib/tasks/registry.h"
#include "lib/tasks/task.h"

namespace tally {

struct ProblemFormat : LineFormat {
  ProblemFormat() : task(&TaskNamed("addition")) {}
  ProblemFormat(const Task& of, const LineFormat& lines) : LineFormat(lines), task(&of) {}

  const Task* task;
};

// UsageError for what does not go together, or what the task does not have.
absl::Status ValidateProblemFormat(const ProblemFormat& format);

// The flags of a format as text, such as "interleave,prepended_zeros=2", "" for none of them, with all parameters of
// the task; and back (BadInput), into a format whose task is set. Task and order are not part of it.
std::string LayoutText(const ProblemFormat& format);
absl::Status ParseLayout(absl::string_view text, ProblemFormat* format);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_PROBLEM_FORMAT_H_
