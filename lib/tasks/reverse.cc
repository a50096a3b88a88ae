// A string of digits from its end: `~123=321`. Zeros count wherever they are.
#include <algorithm>
#include <iterator>

#include "lib/tasks/string_task.h"

namespace tally {
namespace {

class Reverse : public StringTask {
 public:
  Reverse() : StringTask({.prefix = '~', .least_operands = 1, .most_operands = 1}, kStringOptions) {}

  absl::string_view name() const override { return "reverse"; }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    std::string answer;
    std::reverse_copy(problem.operands[0].begin(), problem.operands[0].end(), std::back_inserter(answer));
    return answer;
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    return std::string(operands[0].rbegin(), operands[0].rend());
  }
};

}  // namespace

const Task& ReverseTask() {
  static const Task& task = *new Reverse();
  return task;
}

}  // namespace tally
