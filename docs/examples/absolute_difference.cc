// How far two numbers are apart: `12-345=333` as people write it. The example of docs/adding_a_task.md.
#include "lib/tasks/number_task.h"
#include "lib/tasks/operands/big_integer.h"
#include "lib/tasks/operands/digits.h"

namespace tally {
namespace {

class AbsoluteDifference : public NumberTask {
 public:
  AbsoluteDifference() : NumberTask({.separators = "-"}, kNumberOptions) {}

  absl::string_view name() const override { return "absolute_difference"; }

 private:
  bool IsCommutative() const override { return true; }

  void Compute(const OperandViews& operands, bool* /*negative*/, std::string* text) const override {
    bool first_is_less = false;
    text->append(SubtractDigits(operands[0], operands[1], &first_is_less));
  }

  void ComputeByGmp(const OperandViews& operands, BigInteger* result) const override {
    const BigInteger a(operands[0]), b(operands[1]);
    result->Add(a < b ? b : a);
    result->Subtract(a < b ? a : b);
  }
};

}  // namespace

const Task& AbsoluteDifferenceTask() {
  static const Task& task = *new AbsoluteDifference();
  return task;
}

}  // namespace tally
