#include "lib/tasks/operands/line_grammar.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

// "a digit or '+' or '='": what may follow the operands read so far.
std::string Expected(const LineGrammar& grammar, size_t operands) {
  std::string text = grammar.last_digit == '1' ? "0 or 1" : "a digit";
  if (operands < grammar.most_operands) {
    absl::StrAppend(&text, " or '", std::string(1, grammar.SeparatorBefore(operands)), "'");
  }
  if (operands >= grammar.least_operands) text += " or '='";
  return text;
}

}  // namespace

absl::Status UnexpectedByte(absl::string_view line, size_t position, absl::string_view expected) {
  const std::string found = position < line.size() ? absl::StrCat("'", absl::CHexEscape(line.substr(position, 1)), "'")
                                                   : "the end of the line";
  return BadInputError(absl::StrCat("byte ", position + 1, ": found ", found, ", expected ", expected));
}

absl::string_view WithoutSpaces(absl::string_view line, std::string* room) {
  room->assign(line.data(), line.size());
  room->erase(std::remove(room->begin(), room->end(), ' '), room->end());
  return *room;
}

size_t CountDigits(absl::string_view text, const LineGrammar& grammar) {
  const unsigned digits = grammar.last_digit - '0' + 1;
  size_t count = 0;
  while (count < text.size() && static_cast<unsigned>(text[count] - '0') < digits) ++count;
  return count;
}

absl::StatusOr<ParsedProblem> SplitOperands(absl::string_view line, const LineGrammar& grammar) {
  ParsedProblem problem;
  size_t begin = 0;
  if (grammar.prefix != 0) {
    if (line.empty() || line[0] != grammar.prefix) {
      return UnexpectedByte(line, 0, absl::StrCat("'", std::string(1, grammar.prefix), "'"));
    }
    begin = 1;
  }
  while (true) {
    const size_t count = CountDigits(line.substr(begin), grammar);
    const size_t end = begin + count;
    if (count == 0) return UnexpectedByte(line, begin, grammar.last_digit == '1' ? "0 or 1" : "a digit");
    problem.operands.push_back(line.substr(begin, count));
    const size_t operands = problem.operands.size();
    if (end < line.size() && line[end] == '=' && operands >= grammar.least_operands) {
      problem.answer = line.substr(end + 1);
      return problem;
    }
    const bool more = operands < grammar.most_operands;
    if (end == line.size() || !more || line[end] != grammar.SeparatorBefore(operands)) {
      return UnexpectedByte(line, end, Expected(grammar, operands));
    }
    begin = end + 1;
  }
}

absl::Status CheckDigits(absl::string_view line, size_t begin, const LineGrammar& grammar) {
  const size_t end = begin + CountDigits(line.substr(begin), grammar);
  if (end == line.size()) return absl::OkStatus();
  return UnexpectedByte(line, end,
                        grammar.last_digit == '1' ? "0, 1 or the end of the line" : "a digit or the end of the line");
}

absl::Status CheckPartials(absl::string_view line, size_t begin, const LineGrammar& grammar) {
  for (size_t i = begin; i < line.size(); ++i) {
    const bool digit_before = i > begin && line[i - 1] != '+';
    if (CountDigits(line.substr(i, 1), grammar) == 1 || (line[i] == '+' && digit_before)) continue;
    return UnexpectedByte(line, i, digit_before ? "a digit, '+' or the end of the line" : "a digit");
  }
  if (line.size() > begin && line.back() == '+') return UnexpectedByte(line, line.size(), "a digit");
  return absl::OkStatus();
}

std::string Shortened(absl::string_view number) {
  constexpr size_t kEnds = 20;
  if (number.size() <= 2 * kEnds + 10) return std::string(number);
  return absl::StrCat(number.substr(0, kEnds), "...", number.substr(number.size() - kEnds));
}

void AppendOperands(const std::vector<std::string>& operands, const LineGrammar& grammar, std::string* line) {
  if (grammar.prefix != 0) line->push_back(grammar.prefix);
  for (size_t i = 0; i < operands.size(); ++i) {
    if (i > 0) line->push_back(grammar.SeparatorBefore(i));
    line->append(operands[i]);
  }
}

}  // namespace tally
