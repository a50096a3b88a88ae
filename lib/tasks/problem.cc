#include "lib/tasks/problem.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/tasks/operands/line_grammar.h"

namespace tally {

absl::string_view PromptOfLine(absl::string_view line) { return line.substr(0, line.find('=') + 1); }

absl::StatusOr<ParsedProblem> ParseProblem(absl::string_view line, const ProblemFormat& format, std::string* room) {
  return format.task->Parse(line, format, room);
}

absl::StatusOr<FoundProblem> FindProblem(absl::string_view line, absl::Span<const ProblemFormat> formats,
                                         std::string* room) {
  std::string refusals;
  for (size_t i = 0; i < formats.size(); ++i) {
    absl::StatusOr<ParsedProblem> problem = ParseProblem(line, formats[i], room);
    if (problem.ok()) return FoundProblem{i, *std::move(problem)};
    if (formats.size() == 1) return problem.status();
    absl::StrAppend(&refusals, refusals.empty() ? "" : "; ", formats[i].task->name(), ": ", problem.status().message());
  }
  return BadInputError(absl::StrCat("found a line of none of the tasks: ", refusals));
}

std::string ExpectedAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  return format.task->Answer(problem, format);
}

std::string OracleAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  return format.task->OracleAnswer(problem, format);
}

absl::Status CheckAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  const std::string expected = ExpectedAnswer(problem, format);
  if (problem.answer == expected) return absl::OkStatus();
  std::string operands;
  for (size_t i = 0; i < problem.operands.size(); ++i) {
    if (i > 0) operands.push_back(format.task->SeparatorBefore(i));
    operands += Shortened(problem.operands[i]);
  }
  return BadInputError(absl::StrCat("found answer \"", Shortened(problem.answer), "\", expected \"",
                                    Shortened(expected), "\" for ", operands,
                                    " (digits reversed: ", DigitOrderName(format.order), ")"));
}

}  // namespace tally
