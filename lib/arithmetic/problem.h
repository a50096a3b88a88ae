// A problem is one line of text as the model reads it, such as `321+54=573`; this file says what the lines of a task
// look like, and splits and checks them.
#ifndef TALLY_LIB_ARITHMETIC_PROBLEM_H_
#define TALLY_LIB_ARITHMETIC_PROBLEM_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Which numbers of a line stand least significant digit first. The reference's --reverse_all and --reverse_answer.
enum class DigitOrder {
  kAllReversed,     // operands and answer (the default: ids of equal weight can be told from the left)
  kAnswerReversed,  // the answer only
  kPlain,           // as people write numbers
};

// "all", "answer", "none" <-> DigitOrder; UsageError for anything else.
absl::StatusOr<DigitOrder> ParseDigitOrder(absl::string_view text);
absl::string_view DigitOrderName(DigitOrder order);

// The operator of the task called `name`: '+' for "addition". UsageError for any other name, with the known ones.
absl::StatusOr<char> OperationOfTask(absl::string_view name);

// What one line of a task looks like.
struct ProblemFormat {
  char operation = '+';
  DigitOrder order = DigitOrder::kAllReversed;
};

// A line split at its operator and its `=`; views into that line.
struct ParsedProblem {
  absl::string_view first;
  absl::string_view second;
  absl::string_view answer;
};

// Splits `line` = first operation second = answer, all of them digits, neither operand empty. The answer is empty where
// nothing follows the `=`. BadInput says which byte (from 1) was found and what was expected; the caller adds the line.
absl::StatusOr<ParsedProblem> ParseProblem(absl::string_view line, char operation = '+');

// The sum of two digit strings, both least significant digit first, as is the result: as long as the longer one, and a
// digit longer when the last carry is 1. Zeros at the end stay: 10 + 200 = 210. Linear time, any length; "" counts as
// 0.
std::string AddReversed(absl::string_view a, absl::string_view b);

// Like AddReversed into out[0, n) with n = the longer length + 1 at most, which it returns; `out` must not overlap.
size_t AddReversedTo(absl::string_view a, absl::string_view b, char* out);

// The exact answer of `problem` as the line should have it under `format`; `problem.answer` is not read.
std::string ExpectedAnswer(const ParsedProblem& problem, const ProblemFormat& format);

// OK where the answer of `problem` is ExpectedAnswer's. Otherwise BadInput with both, shortened where they are long;
// the caller adds the line.
absl::Status CheckAnswer(const ParsedProblem& problem, const ProblemFormat& format);

}  // namespace tally

#endif  // TALLY_LIB_ARITHMETIC_PROBLEM_H_
