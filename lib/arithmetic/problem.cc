#include "lib/arithmetic/problem.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

namespace tally {
namespace {

constexpr char kAddition[] = "addition";

std::string Reversed(absl::string_view text) { return std::string(text.rbegin(), text.rend()); }

// The number of digits that `text` begins with.
size_t CountDigits(absl::string_view text) {
  size_t count = 0;
  while (count < text.size() && absl::ascii_isdigit(text[count])) ++count;
  return count;
}

// BadInput for what stands at `position` of `line`.
absl::Status UnexpectedByte(absl::string_view line, size_t position, absl::string_view expected) {
  const std::string found = position < line.size() ? absl::StrCat("'", absl::CHexEscape(line.substr(position, 1)), "'")
                                                   : "the end of the line";
  return BadInputError(absl::StrCat("byte ", position + 1, ": found ", found, ", expected ", expected));
}

// A long number with its middle left out.
std::string Shortened(absl::string_view number) {
  constexpr size_t kEnds = 20;
  if (number.size() <= 2 * kEnds + 10) return std::string(number);
  return absl::StrCat(number.substr(0, kEnds), "...", number.substr(number.size() - kEnds));
}

}  // namespace

absl::StatusOr<DigitOrder> ParseDigitOrder(absl::string_view text) {
  for (const DigitOrder order : {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kPlain}) {
    if (DigitOrderName(order) == text) return order;
  }
  return UsageError(absl::StrCat("unknown digit order \"", absl::CHexEscape(text), "\", expected all, answer or none",
                                 DidYouMean(text, {"all", "answer", "none"})));
}

absl::string_view DigitOrderName(DigitOrder order) {
  switch (order) {
    case DigitOrder::kAllReversed:
      return "all";
    case DigitOrder::kAnswerReversed:
      return "answer";
    case DigitOrder::kPlain:
      break;
  }
  return "none";
}

absl::StatusOr<char> OperationOfTask(absl::string_view name) {
  if (name == kAddition) return '+';
  return UsageError(absl::StrCat("unknown task \"", absl::CHexEscape(name), "\", expected ", kAddition,
                                 DidYouMean(name, {kAddition})));
}

absl::StatusOr<ParsedProblem> ParseProblem(absl::string_view line, char operation) {
  const size_t first = CountDigits(line);
  if (first == 0) return UnexpectedByte(line, 0, "a digit");
  if (first == line.size() || line[first] != operation) {
    return UnexpectedByte(line, first, absl::StrCat("a digit or '", std::string(1, operation), "'"));
  }
  const size_t second_begin = first + 1;
  const size_t second = CountDigits(line.substr(second_begin));
  const size_t equals = second_begin + second;
  if (second == 0) return UnexpectedByte(line, second_begin, "a digit");
  if (equals == line.size() || line[equals] != '=') return UnexpectedByte(line, equals, "a digit or '='");
  const absl::string_view answer = line.substr(equals + 1);
  const size_t digits = CountDigits(answer);
  if (digits != answer.size()) return UnexpectedByte(line, equals + 1 + digits, "a digit or the end of the line");
  return ParsedProblem{line.substr(0, first), line.substr(second_begin, second), answer};
}

size_t AddReversedTo(absl::string_view a, absl::string_view b, char* out) {
  if (a.size() < b.size()) std::swap(a, b);
  int carry = 0;
  size_t i = 0;
  const auto put = [&](int sum) {
    carry = sum > '9';
    out[i++] = static_cast<char>(carry ? sum - 10 : sum);
  };
  while (i < b.size()) put(a[i] + b[i] - '0' + carry);
  while (i < a.size()) put(a[i] + carry);
  if (carry || i == 0) out[i++] = static_cast<char>('0' + carry);
  return i;
}

std::string AddReversed(absl::string_view a, absl::string_view b) {
  std::string sum(std::max(a.size(), b.size()) + 1, '0');
  sum.resize(AddReversedTo(a, b, &sum[0]));
  return sum;
}

std::string ExpectedAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  if (format.order == DigitOrder::kAllReversed) return AddReversed(problem.first, problem.second);
  const std::string sum = AddReversed(Reversed(problem.first), Reversed(problem.second));
  return format.order == DigitOrder::kAnswerReversed ? sum : Reversed(sum);
}

absl::Status CheckAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  const std::string expected = ExpectedAnswer(problem, format);
  if (problem.answer == expected) return absl::OkStatus();
  return BadInputError(absl::StrCat("found answer \"", Shortened(problem.answer), "\", expected \"",
                                    Shortened(expected), "\" for ", Shortened(problem.first),
                                    std::string(1, format.operation), Shortened(problem.second),
                                    " (digits reversed: ", DigitOrderName(format.order), ")"));
}

}  // namespace tally
