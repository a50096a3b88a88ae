// A problem is one line of text as the model reads it, such as `321+54=861`. What its task (task.h) does with lines,
// for a whole format.
#ifndef TALLY_LIB_TASKS_PROBLEM_H_
#define TALLY_LIB_TASKS_PROBLEM_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/tasks/line_format.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// `line` up to and with its `=`, which is what a model is asked; "" where it has none.
absl::string_view PromptOfLine(absl::string_view line);

// Splits `line` (Task::Parse).
absl::StatusOr<ParsedProblem> ParseProblem(absl::string_view line, const ProblemFormat& format, std::string* room);

// A problem of one of several formats.
struct FoundProblem {
  size_t format = 0;  // its number among them
  ParsedProblem problem;
};

// Splits `line` by the first of `formats` that it is a problem of. BadInput where it is of none: what each expected.
absl::StatusOr<FoundProblem> FindProblem(absl::string_view line, absl::Span<const ProblemFormat> formats,
                                         std::string* room);

// The exact answer of `problem` as the line should have it under `format`; `problem.answer` is not read. Hints and
// spaces are left out.
std::string ExpectedAnswer(const ParsedProblem& problem, const ProblemFormat& format);

// The same, found in another way (Task::OracleAnswer).
std::string OracleAnswer(const ParsedProblem& problem, const ProblemFormat& format);

// OK where the answer of `problem` is ExpectedAnswer's. Otherwise BadInput with both, shortened where they are long;
// the caller adds the line.
absl::Status CheckAnswer(const ParsedProblem& problem, const ProblemFormat& format);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_PROBLEM_H_
