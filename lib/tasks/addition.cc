// Sums: `123+45=168`, of two numbers and up to 32. With a scratchpad the answer is a partial result for each operand,
// the running sums a, a + b, a + b + c, ... without leading zeros and with `+` between them; the last one is the sum:
// `12+9+07=12+03+001` (21 + 9 + 70).
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/tasks/number_task.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

// Adds `operand` to a running sum that keeps carries for the next addition: t = digit[n] + carry[n - 1] + operand[n],
// digit[n] = t mod 10, carry[n] = floor(t / 10) <= 1. reached[n]: the sum has a digit of weight n, as an operand has
// had one, or a carry has come; the digit may be 0 where there are further ones. out [weights, 3].
void AddSavingCarries(absl::string_view operand, absl::Span<uint8_t> out) {
  for (size_t n = out.size() / 3; n-- > 0;) {
    const int addend = n < operand.size() ? operand[n] - '0' : 0;
    const int carry = n == 0 ? 0 : out[3 * n - 2];
    const int total = out[3 * n] + carry + addend;
    out[3 * n] = static_cast<uint8_t>(total % 10);
    out[3 * n + 1] = static_cast<uint8_t>(total / 10);
    if (n < operand.size() || carry > 0) out[3 * n + 2] = 1;
  }
}

class Addition : public NumberTask {
 public:
  Addition()
      : NumberTask({.separators = "+", .most_operands = kMaxOperands},
                   kNumberOptions | kHasScratchpad | kHasManyOperands | kHasChoiceOfCarries) {}

  absl::string_view name() const override { return "addition"; }

  std::string Result(absl::string_view answer, const LineFormat& format) const override {
    if (!format.scratchpad || answer.empty()) return std::string(answer);
    const size_t last = answer.rfind('+');
    return std::string(WithoutLeadingZeros(last == absl::string_view::npos ? answer : answer.substr(last + 1)));
  }

  // The sum so far, one operand a recurrence; beyond the last only carries move on, one weight a recurrence.
  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    static constexpr StateVariable kVariables[] = {{"digit", 10}, {"carry", 2}, {"reached", 2}};
    return IsBareAndReversed(format) ? kVariables : absl::Span<const StateVariable>();
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    std::fill(out.begin(), out.end(), uint8_t{0});
    for (int64_t p = 0; p < recurrences; ++p) {
      AddSavingCarries(p < static_cast<int64_t>(problem.operands.size()) ? problem.operands[p] : "", out);
    }
  }

 private:
  bool IsCommutative() const override { return true; }

  void Compute(const OperandViews& operands, bool* /*negative*/, std::string* text) const override {
    const size_t begin = text->size();
    text->append(operands[0].data(), operands[0].size());
    for (size_t i = 1; i < operands.size(); ++i) AddTo(operands[i], text, begin);
    text->resize(begin + WithoutLeadingZeros(absl::string_view(*text).substr(begin)).size(), '0');
  }

  void ComputeByGmp(const OperandViews& operands, BigInteger* result) const override {
    for (const absl::string_view operand : operands) result->Add(BigInteger(operand));
  }

  std::vector<ProblemMeasure> OwnMeasures(const OperandViews& operands) const override {
    return {{"longest_carry_run", LongestCarryRun(operands)}};
  }

  std::string Scratchpad(const OperandViews& operands) const override {
    std::string sum, partials;
    for (const absl::string_view operand : operands) {
      AddTo(operand, &sum);
      sum.resize(WithoutLeadingZeros(sum).size(), '0');
      absl::StrAppend(&partials, partials.empty() ? "" : "+", sum);
    }
    return partials;
  }

  std::string OracleScratchpad(const OperandViews& operands) const override {
    BigInteger sum;
    std::string partials;
    for (const absl::string_view operand : operands) {
      sum.Add(BigInteger(operand));
      absl::StrAppend(&partials, partials.empty() ? "" : "+", sum.Digits());
    }
    return partials;
  }
};

}  // namespace

const Task& AdditionTask() {
  static const Task& task = *new Addition();
  return task;
}

}  // namespace tally
