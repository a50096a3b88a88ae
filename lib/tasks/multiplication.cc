// Products: `12x34=408`. With a scratchpad, least significant digits first, the answer is a partial result for each
// digit of y: partial j = floor(partial j-1 / 10) + x * (digit j of y), with one digit more than x, and `+` between
// partials. The product is the first digit of every partial, then the rest of the last one: `12x34=360+090` (21 x 43 =
// 903).
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/tasks/number_task.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

// Turns `*partial` into floor(*partial / 10) + x * digit, with one digit more than x.
void NextPartial(absl::string_view x, int digit, std::string* partial) {
  partial->erase(0, 1);
  partial->resize(x.size() + 1, '0');
  int carry = 0;
  for (size_t n = 0; n < partial->size(); ++n) {
    const int product = n < x.size() ? (x[n] - '0') * digit : 0;
    const int total = (*partial)[n] - '0' + product + carry;
    (*partial)[n] = static_cast<char>('0' + total % 10);
    carry = total / 10;
  }
}

// A carry-save multiplier, which looks at few digits at a time: before step p each weight n holds a digit s[n] and a
// carry c[n] that waits for weight n + 1; step p adds x * (digit p of y), shifted by p:
//
//   t = s[n] + c[n - 1] + x[n - p] y[p],   s[n] = t mod 10,   c[n] = floor(t / 10) <= 9
//
// Beyond y's digits only carries move on, one weight a step.
class CarrySave {
 public:
  CarrySave(absl::string_view x, absl::string_view y, size_t weights)
      : x_(x), y_(y), digits_(weights), carries_(weights) {}

  void Step(size_t p) {
    for (size_t n = digits_.size(); n-- > 0;) {
      const int product = p < y_.size() && n >= p && n - p < x_.size() ? (x_[n - p] - '0') * (y_[p] - '0') : 0;
      const int total = digits_[n] + (n == 0 ? 0 : carries_[n - 1]) + product;
      digits_[n] = static_cast<uint8_t>(total % 10);
      carries_[n] = static_cast<uint8_t>(total / 10);
    }
  }

  uint8_t digit(size_t n) const { return digits_[n]; }
  uint8_t carry(size_t n) const { return carries_[n]; }

 private:
  const absl::string_view x_, y_;
  std::vector<uint8_t> digits_, carries_;
};

class Multiplication : public NumberTask {
 public:
  Multiplication() : NumberTask({.separators = "x"}, kNumberOptions | kHasScratchpad) {}

  absl::string_view name() const override { return "multiplication"; }

  std::string Result(absl::string_view answer, const LineFormat& format) const override {
    if (!format.scratchpad || answer.empty()) return std::string(answer);
    const std::vector<absl::string_view> partials = absl::StrSplit(answer, '+');
    std::string result;
    for (size_t j = 0; j + 1 < partials.size(); ++j) absl::StrAppend(&result, partials[j].substr(0, 1));
    absl::StrAppend(&result, partials.back());
    return std::string(WithoutLeadingZeros(result));
  }

  // Of a carry-save multiplier; digits of equal weight must stand in equal order.
  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    static constexpr StateVariable kVariables[] = {{"digit", 10}, {"carry", 10}};
    return IsBareAndReversed(format) ? kVariables : absl::Span<const StateVariable>();
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    CarrySave state(problem.operands[0], problem.operands[1], out.size() / 2);
    for (int64_t p = 0; p < recurrences; ++p) state.Step(p);
    for (size_t n = 0; n < out.size() / 2; ++n) {
      out[2 * n] = state.digit(n);
      out[2 * n + 1] = state.carry(n);
    }
  }

 private:
  bool IsCommutative() const override { return true; }

  void Compute(const OperandViews& operands, bool* /*negative*/, std::string* text) const override {
    text->append(MultiplyDigits(operands[0], operands[1]));
  }

  void ComputeByGmp(const OperandViews& operands, BigInteger* result) const override {
    result->SetProduct(BigInteger(operands[0]), BigInteger(operands[1]));
  }

  std::string Scratchpad(const OperandViews& operands) const override {
    std::string partial, partials;
    for (const char digit : operands[1]) {
      NextPartial(operands[0], digit - '0', &partial);
      absl::StrAppend(&partials, partials.empty() ? "" : "+", partial);
    }
    return partials;
  }

  // Row j is x * (the digits of y up to j) / 10^j.
  std::string OracleScratchpad(const OperandViews& operands) const override {
    const absl::string_view x = operands[0], y = operands[1];
    std::string partials;
    for (size_t j = 0; j < y.size(); ++j) {
      BigInteger product;
      product.SetProduct(BigInteger(x), BigInteger(y.substr(0, j + 1)));
      std::string digits = product.Digits();
      digits.resize(j + x.size() + 1, '0');
      absl::StrAppend(&partials, partials.empty() ? "" : "+", digits.substr(j));
    }
    return partials;
  }

  int64_t AnswerDigits(const CellLengths& cell) const override { return cell.first + cell.second; }
};

}  // namespace

const Task& MultiplicationTask() {
  static const Task& task = *new Multiplication();
  return task;
}

}  // namespace tally
