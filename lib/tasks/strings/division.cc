// Division by one digit, as by hand: `843/7=120`, a digit of the quotient for each of the dividend, zeros in front
// among them, `143/7=020`. What remains is not written.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/operands/big_integer.h"
#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

class Division : public StringTask {
 public:
  Division() : StringTask({.separators = "/"}, kStringOptions) {}

  absl::string_view name() const override { return "division"; }

  // A dividend of uniform digits, the first among them, and a divisor of 1..9.
  void Draw(const DrawOptions& options, const LineFormat& format, const SampleIndex& sample, Random* random,
            std::vector<std::string>* operands) const override {
    StringTask::Draw(options, format, sample, random, operands);
    (*operands)[1].assign(1, static_cast<char>('1' + random->Below(9)));
  }

  // One digit over and over: remainders go round in a short circle, or stay.
  void MakeAdversarial(const DrawOptions& /*options*/, Random* random,
                       std::vector<std::string>* operands) const override {
    (*operands)[0].assign((*operands)[0].size(), static_cast<char>('0' + random->Below(10)));
  }

  absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const LineFormat& format,
                                      std::string* room) const override {
    TALLY_ASSIGN_OR_RETURN(ParsedProblem problem, StringTask::Parse(line, format, room));
    const absl::string_view divisor = problem.operands[1];
    if (divisor.size() == 1 && divisor[0] != '0') return problem;
    return BadInputError(absl::StrCat("found the divisor ", Shortened(divisor), ", expected a digit of 1..9"));
  }

  ProblemSize Size(const ParsedProblem& problem) const override {
    const auto digits = static_cast<int64_t>(problem.operands[0].size());
    return {digits, digits};
  }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    const std::string least_first(problem.operands[0].rbegin(), problem.operands[0].rend());
    BigInteger quotient;
    quotient.SetQuotient(BigInteger(least_first), BigInteger(problem.operands[1]));
    std::string digits = quotient.Digits();
    digits.resize(least_first.size(), '0');
    return std::string(digits.rbegin(), digits.rend());
  }

  int64_t LineTokens(const CellLengths& cell) const override { return 2 * cell.first + 4; }

  // What remains of the first digits, one more a recurrence, up to those before the digit that is predicted.
  absl::Span<const StateVariable> state(const LineFormat& /*format*/) const override {
    static constexpr StateVariable kVariables[] = {{"remainder", 9}};
    return kVariables;
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    const absl::string_view dividend = problem.operands[0].substr(0, recurrences);
    const int divisor = problem.operands[1][0] - '0';
    int remainder = 0;
    for (size_t t = 0; t < out.size(); ++t) {
      out[t] = static_cast<uint8_t>(remainder);
      if (t < dividend.size()) remainder = (10 * remainder + dividend[t] - '0') % divisor;
    }
  }

 private:
  bool HasEqualLengths() const override { return false; }

  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    const int divisor = operands[1][0] - '0';
    std::string quotient;
    int remainder = 0;
    for (const char digit : operands[0]) {
      remainder = 10 * remainder + digit - '0';
      quotient.push_back(static_cast<char>('0' + remainder / divisor));
      remainder %= divisor;
    }
    return quotient;
  }
};

}  // namespace

const Task& DivisionTask() {
  static const Task& task = *new Division();
  return task;
}

}  // namespace tally
