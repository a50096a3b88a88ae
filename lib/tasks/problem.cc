#include "lib/tasks/problem.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/digits.h"
#include "lib/tasks/index_hints.h"
#include "lib/tasks/interleave.h"
#include "lib/tasks/sorting.h"
#include "lib/tasks/working.h"

namespace tally {
namespace {

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

// The text of an answer whose digits, least significant first, are `digits`. Made in that order: digits, sign, zeros.
std::string AnswerText(std::string digits, bool negative, const ProblemFormat& format) {
  if (negative) digits.push_back('-');
  if (format.prepended_zeros > 0) digits.append(format.prepended_zeros + 1, '0');
  if (!AnswerIsReversed(format.order)) std::reverse(digits.begin(), digits.end());
  return digits;
}

// The answer for operands given least significant digit first.
template <typename Operands>
std::string Answer(const Operands& operands, const ProblemFormat& format) {
  if (format.working) {
    return Working(format.task, std::vector<absl::string_view>(operands.begin(), operands.end()));
  }
  bool negative = false;
  std::string digits;
  if (format.task == Task::kAddition) {
    digits.assign(operands[0].data(), operands[0].size());
    for (size_t i = 1; i < operands.size(); ++i) AddTo(operands[i], &digits);
    digits.resize(WithoutLeadingZeros(digits).size(), '0');
  } else if (format.task == Task::kSubtraction) {
    digits = SubtractDigits(operands[0], operands[1], &negative);
  } else {
    digits = MultiplyDigits(operands[0], operands[1]);
  }
  return AnswerText(std::move(digits), negative, format);
}

// Digit by digit from the left; the shorter operand counts as 0 beyond its end.
std::string BitwiseOr(absl::string_view a, absl::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  std::string answer(a);
  for (size_t i = 0; i < b.size(); ++i) answer[i] = std::max(a[i], b[i]);
  return answer;
}

// How many digits `text` begins with.
size_t CountDigits(absl::string_view text, Task task) {
  const unsigned digits = task == Task::kBitwiseOr ? 2 : 10;
  size_t count = 0;
  while (count < text.size() && static_cast<unsigned>(text[count] - '0') < digits) ++count;
  return count;
}

// OK where `line` is nothing or rows from `begin` on.
absl::Status ParseWorking(absl::string_view line, size_t begin) {
  for (size_t i = begin; i < line.size(); ++i) {
    const bool digit_before = i > begin && line[i - 1] != '+';
    if (CountDigits(line.substr(i, 1), Task::kAddition) == 1 || (line[i] == '+' && digit_before)) continue;
    return UnexpectedByte(line, i, digit_before ? "a digit, '+' or the end of the line" : "a digit");
  }
  if (line.size() > begin && line.back() == '+') return UnexpectedByte(line, line.size(), "a digit");
  return absl::OkStatus();
}

// The answer of a standard line, which begins at `begin`.
absl::Status ParseAnswer(absl::string_view line, size_t begin, const ProblemFormat& format, ParsedProblem* problem) {
  problem->answer = line.substr(begin);
  if (format.working) return ParseWorking(line, begin);
  absl::string_view digits = problem->answer;
  if (format.task == Task::kSubtraction) {
    // One sign, behind or before the digits; which zeros may stand beside it CheckAnswer decides.
    const size_t sign = digits.find('-');
    if (sign != absl::string_view::npos) {
      const size_t rest = CountDigits(digits.substr(sign + 1), format.task);
      if (CountDigits(digits, format.task) == sign && sign + 1 + rest == digits.size()) return absl::OkStatus();
    }
  }
  const size_t count = CountDigits(digits, format.task);
  if (count == digits.size()) return absl::OkStatus();
  return UnexpectedByte(line, begin + count, "a digit or the end of the line");
}

// A line without spaces, hints and interleaving.
absl::StatusOr<ParsedProblem> ParseStandard(absl::string_view line, const ProblemFormat& format) {
  const char operation = OperatorOf(format.task);
  const size_t most = format.task == Task::kAddition ? kMaxOperands : 2;
  const char* const a_digit = format.task == Task::kBitwiseOr ? "0 or 1" : "a digit";
  ParsedProblem problem;
  size_t begin = 0;
  while (true) {
    const size_t count = CountDigits(line.substr(begin), format.task);
    const size_t end = begin + count;
    if (count == 0) return UnexpectedByte(line, begin, a_digit);
    problem.operands.push_back(line.substr(begin, count));
    const bool enough = problem.operands.size() >= 2, full = problem.operands.size() == most;
    if (end < line.size() && line[end] == '=' && enough) {
      TALLY_RETURN_IF_ERROR(ParseAnswer(line, end + 1, format, &problem));
      return problem;
    }
    if (end == line.size() || line[end] != operation || full) {
      return UnexpectedByte(line, end,
                            absl::StrCat(a_digit, full ? "" : absl::StrCat(" or '", std::string(1, operation), "'"),
                                         enough ? " or '='" : ""));
    }
    begin = end + 1;
  }
}

// `line` as a standard one, where it has spaces, hints or interleaved digits, in `*room`.
absl::StatusOr<absl::string_view> Standardise(absl::string_view line, const ProblemFormat& format, std::string* room) {
  if (format.spaces) {
    room->assign(line.data(), line.size());
    room->erase(std::remove(room->begin(), room->end(), ' '), room->end());
    line = *room;
  }
  if (format.index_hints) {
    TALLY_ASSIGN_OR_RETURN(*room, WithoutHints(line, std::string{OperatorOf(format.task), '='}));
    line = *room;
  }
  if (!format.interleave) return line;
  const size_t equals = line.find('=');
  const size_t digits = CountDigits(line, format.task);
  if (digits < 2 || digits != equals) return UnexpectedByte(line, digits, "two interleaved numbers and '='");
  const std::string answer(line.substr(equals + 1));
  const absl::StatusOr<InterleavedNumbers> numbers =
      Deinterleave(line.substr(0, equals), [&](absl::string_view first, absl::string_view second) {
        const ParsedProblem candidate = {{first, second}, {}, {}};
        return answer.empty() || ExpectedAnswer(candidate, format) == answer;
      });
  if (!numbers.ok())
    return BadInputError(absl::StrCat("found the answer ", Shortened(answer),
                                      ", which no two numbers "
                                      "have whose digits stand before it in turn"));
  *room = absl::StrCat(numbers->first, std::string(1, OperatorOf(format.task)), numbers->second, "=", answer);
  return absl::string_view(*room);
}

}  // namespace

absl::StatusOr<ParsedProblem> ParseProblem(absl::string_view line, const ProblemFormat& format, std::string* room) {
  if (format.task == Task::kSorting) return ParseSorting(line, format.index_hints, room);
  if (!format.spaces && !format.index_hints && !format.interleave) return ParseStandard(line, format);
  TALLY_ASSIGN_OR_RETURN(const absl::string_view standard, Standardise(line, format, room));
  return ParseStandard(standard, format);
}

std::string ExpectedAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  if (format.task == Task::kSorting) return SortedLabels(problem, OperandsAreReversed(format.order));
  if (format.task == Task::kBitwiseOr) return BitwiseOr(problem.operands[0], problem.operands[1]);
  if (OperandsAreReversed(format.order)) return Answer(problem.operands, format);
  std::vector<std::string> operands;
  for (const absl::string_view operand : problem.operands) operands.emplace_back(operand.rbegin(), operand.rend());
  return Answer(operands, format);
}

absl::Status CheckAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  const std::string expected = ExpectedAnswer(problem, format);
  if (problem.answer == expected) return absl::OkStatus();
  std::string operands;
  for (const absl::string_view operand : problem.operands) {
    absl::StrAppend(&operands, operands.empty() ? "" : std::string(1, OperatorOf(format.task)), Shortened(operand));
  }
  return BadInputError(absl::StrCat("found answer \"", Shortened(problem.answer), "\", expected \"",
                                    Shortened(expected), "\" for ", operands,
                                    " (digits reversed: ", DigitOrderName(format.order), ")"));
}

void RenderProblem(const std::vector<std::string>& operands, const ProblemFormat& format, std::string* line) {
  line->clear();
  if (format.interleave) {
    const bool reversed = OperandsAreReversed(format.order);
    const auto text = [&](const std::string& digits) {
      return reversed ? digits : std::string(digits.rbegin(), digits.rend());
    };
    *line = Interleave(text(operands[0]), text(operands[1]));
  } else {
    for (const std::string& operand : operands) {
      if (!line->empty()) line->push_back(OperatorOf(format.task));
      if (OperandsAreReversed(format.order)) {
        line->append(operand);
      } else {
        line->append(operand.rbegin(), operand.rend());
      }
    }
  }
  line->push_back('=');
  line->append(Answer(operands, format));
}

}  // namespace tally
