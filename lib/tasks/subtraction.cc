// Differences: `123-45=78`, `45-123=-78`; reversed, a negative one ends with its sign.
#include "lib/tasks/number_task.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

class Subtraction : public NumberTask {
 public:
  Subtraction() : NumberTask({.separators = "-"}, kNumberOptions) {}

  absl::string_view name() const override { return "subtraction"; }

 private:
  bool MayBeNegative() const override { return true; }

  std::string Compute(const OperandViews& operands, bool* negative) const override {
    return SubtractDigits(operands[0], operands[1], negative);
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
