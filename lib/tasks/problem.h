// A problem is one line of text as the model reads it, such as `321+54=573`; this file splits, renders and checks
// lines.
#ifndef TALLY_LIB_TASKS_PROBLEM_H_
#define TALLY_LIB_TASKS_PROBLEM_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/parsed_problem.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// Splits `line`: two operands, or up to 32 of a sum, then the answer. BadInput says which byte (from 1) was found and
// what was expected, counted in the line without spaces; the caller adds the line. `*room` is scratch that must live as
// long as the result.
absl::StatusOr<ParsedProblem> ParseProblem(absl::string_view line, const ProblemFormat& format, std::string* room);

// The exact answer of `problem` as the line should have it under `format`; `problem.answer` is not read. Hints and
// spaces are left out.
std::string ExpectedAnswer(const ParsedProblem& problem, const ProblemFormat& format);

// OK where the answer of `problem` is ExpectedAnswer's. Otherwise BadInput with both, shortened where they are long;
// the caller adds the line.
absl::Status CheckAnswer(const ParsedProblem& problem, const ProblemFormat& format);

// Sets `*line` to the line of an arithmetic problem with the given operands, digits least significant first, and its
// answer, without hints and spaces.
void RenderProblem(const std::vector<std::string>& operands, const ProblemFormat& format, std::string* line);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_PROBLEM_H_
