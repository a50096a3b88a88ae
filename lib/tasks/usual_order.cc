#include "lib/tasks/usual_order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/random.h"
#include "lib/tasks/number_task.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

// Whether the task's lines have an order of digits, and whether they are strings.
bool WritesNumbers(const Task& task) { return dynamic_cast<const NumberTask*>(&task) != nullptr; }
bool WritesStrings(const Task& task) { return dynamic_cast<const StringTask*>(&task) != nullptr; }

}  // namespace

absl::StatusOr<ProblemFormat> UsualFormat(const ProblemFormat& format) {
  if (!WritesNumbers(*format.task) && !WritesStrings(*format.task)) {
    return UsageError(absl::StrCat("the lines of ", format.task->name(),
                                   " are not written in another way; expected a task of numbers or of strings"));
  }
  if (!WritesNumbers(*format.task)) return format;
  LineFormat usual;
  usual.order = DigitOrder::kPlain;
  usual.parameters = format.parameters;
  return ProblemFormat(*format.task, usual);
}

absl::StatusOr<std::string> PromptOf(const ParsedProblem& problem, const ProblemFormat& usual,
                                     const ProblemFormat& format) {
  if (format.interleave && problem.operands.size() != 2) {
    return BadInputError(absl::StrCat("found ", problem.operands.size(),
                                      " numbers, expected 2: the model reads the digits of two in turn"));
  }
  Random random(/*seed=*/0, RandomStream::kEvaluation, /*index=*/0);  // where hints start
  std::string line;
  format.task->Render(format.task->DrawnOperands(problem, usual), format, &random, &line);
  return std::string(PromptOfLine(line));
}

std::string UsualResult(absl::string_view answer, const ProblemFormat& format) {
  std::string result = format.task->Result(answer, format);
  if (!WritesNumbers(*format.task)) return result;
  if (AnswerIsReversed(format.order)) std::reverse(result.begin(), result.end());
  absl::string_view digits = result;
  bool negative = false;
  while (digits.size() > 1 && (digits[0] == '0' || digits[0] == '-')) {
    negative = negative || digits[0] == '-';
    digits.remove_prefix(1);
  }
  return absl::StrCat(negative ? "-" : "", digits);
}

}  // namespace tally
