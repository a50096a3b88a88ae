// Comparisons: `12?45=-1`, `45?12=1`, `12?12=0`, the sign of the first number less the second; reversed, `21?54=1-`.
#include <algorithm>

#include "lib/tasks/number_task.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

class Comparison : public NumberTask {
 public:
  Comparison()
      : NumberTask({.separators = "?"}, (kNumberOptions | kHasCommonDigits) & ~(kHasInterleaving | kHasIndexHints |
                                                                                kHasPrependedZeros | kHasCarryChains)) {
  }

  absl::string_view name() const override { return "comparison"; }

  // Equal digits, which leave the order to the digits above them or below.
  void MakeAdversarial(const DrawOptions& options, Random* random, std::vector<std::string>* operands) const override {
    MakeCommonDigits(options.keep_zero, random, (*operands)[0], &(*operands)[1]);
  }

  absl::string_view VocabularyName(const LineFormat& /*format*/) const override { return "tasks"; }

  // The order of the numbers made of the lowest digits, one more a recurrence.
  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    static constexpr StateVariable kVariables[] = {{"order", kOrders}};
    return IsBareAndReversed(format) ? kVariables : absl::Span<const StateVariable>();
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    std::fill(out.begin(), out.end(), OrderOfLowest(problem.operands[0], problem.operands[1], recurrences));
  }

 private:
  bool MayBeNegative() const override { return true; }

  void Compute(const OperandViews& operands, bool* negative, std::string* text) const override {
    const int order = CompareDigits(operands[0], operands[1]);
    *negative = order < 0;
    text->push_back(order == 0 ? '0' : '1');
  }

  void ComputeByGmp(const OperandViews& operands, BigInteger* result) const override {
    const BigInteger first(operands[0]), second(operands[1]), one("1");
    if (second < first) result->Add(one);
    if (first < second) result->Subtract(one);
  }

  int64_t AnswerDigits(const CellLengths& /*cell*/) const override { return 2; }
};

}  // namespace

const Task& ComparisonTask() {
  static const Task& task = *new Comparison();
  return task;
}

}  // namespace tally
