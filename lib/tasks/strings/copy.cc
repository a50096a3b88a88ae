// A string of digits once more: `@123=123`. Zeros in front count.
#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

class Copy : public StringTask {
 public:
  Copy() : StringTask({.prefix = '@', .least_operands = 1, .most_operands = 1}, kStringOptions) {}

  absl::string_view name() const override { return "copy"; }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    std::string answer;
    for (const char digit : problem.operands[0]) answer.push_back(digit);
    return answer;
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    return std::string(operands[0]);
  }
};

}  // namespace

const Task& CopyTask() {
  static const Task& task = *new Copy();
  return task;
}

}  // namespace tally
