// Differences: `123-45=78`, `45-123=-78`; reversed, a negative one ends with its sign.
#include <algorithm>

#include "lib/tasks/number_task.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

// What the digits from a weight on, of the first number less the second, have come to: V, read from the lowest weight.
// A difference has no digit there where V is 0, or where V is its sign and the digits below borrow it. `kOneIf` is 1 -
// 10^k after k digits, which a digit difference of 1 makes 1; `kMinusOneIf` the negative of that.
enum Rest : uint8_t { kZero, kOne, kMinusOne, kOneIf, kMinusOneIf, kOther, kRests };

Rest First(int difference) {
  switch (difference) {
    case 0:
      return kZero;
    case 1:
      return kOne;
    case -1:
      return kMinusOne;
    case -9:
      return kOneIf;
    case 9:
      return kMinusOneIf;
    default:
      return kOther;
  }
}

Rest Next(Rest rest, int difference) {
  if (rest == kOneIf) return difference == 1 ? kOne : difference == -9 ? kOneIf : kOther;
  if (rest == kMinusOneIf) return difference == -1 ? kMinusOne : difference == 9 ? kMinusOneIf : kOther;
  return difference == 0 ? rest : kOther;
}

class Subtraction : public NumberTask {
 public:
  Subtraction() : NumberTask({.separators = "-"}, kNumberOptions | kHasCommonDigits) {}

  absl::string_view name() const override { return "subtraction"; }

  // A pair of digits a recurrence, from the lowest: the order of the numbers so far; the same of the digits below the
  // predicted one, where it borrows; and what is left from that one on.
  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    static constexpr StateVariable kVariables[] = {{"order", kOrders}, {"below", kOrders}, {"rest", kRests}};
    return IsBareAndReversed(format) ? kVariables : absl::Span<const StateVariable>();
  }

  // Behind a sign nothing is left to find out.
  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    const absl::string_view a = problem.operands[0], b = problem.operands[1];
    const size_t seen = recurrences, tokens = out.size() / 3;
    const uint8_t order = OrderOfLowest(a, b, seen);
    const bool negative = CompareDigits(a, b) < 0;
    for (size_t t = 0; t < tokens; ++t) {
      const bool behind_sign = t + 1 == tokens && negative;
      out[3 * t] = order;
      out[3 * t + 1] = behind_sign ? 0 : OrderOfLowest(a, b, std::min(seen, t));
      out[3 * t + 2] = behind_sign ? kZero : RestFrom(t, seen, a, b);
    }
  }

 private:
  static Rest RestFrom(size_t weight, size_t seen, absl::string_view a, absl::string_view b) {
    const auto digit = [](absl::string_view digits, size_t n) { return n < digits.size() ? digits[n] - '0' : 0; };
    Rest rest = kZero;
    for (size_t n = weight; n < seen && rest != kOther; ++n) {
      const int difference = digit(a, n) - digit(b, n);
      rest = n == weight ? First(difference) : Next(rest, difference);
    }
    return rest;
  }

  bool MayBeNegative() const override { return true; }

  void Compute(const OperandViews& operands, bool* negative, std::string* text) const override {
    text->append(SubtractDigits(operands[0], operands[1], negative));
  }

  std::vector<ProblemMeasure> OwnMeasures(const OperandViews& operands) const override {
    return {{"longest_borrow_run", LongestBorrowRun(operands[0], operands[1])}};
  }

  void ComputeByGmp(const OperandViews& operands, BigInteger* result) const override {
    result->Add(BigInteger(operands[0]));
    result->Subtract(BigInteger(operands[1]));
  }
};

}  // namespace

const Task& SubtractionTask() {
  static const Task& task = *new Subtraction();
  return task;
}

}  // namespace tally
