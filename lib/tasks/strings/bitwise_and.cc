// The bitwise AND of two vectors of equal length: `0110&0011=0010`. Bits are in any order, the same in all three.
#include <algorithm>
#include <iterator>

#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

class BitwiseAnd : public StringTask {
 public:
  BitwiseAnd() : StringTask({.separators = "&", .last_digit = '1'}, kStringOptions) {}

  absl::string_view name() const override { return "bitwise_and"; }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    std::string answer;
    std::transform(problem.operands[0].begin(), problem.operands[0].end(), problem.operands[1].begin(),
                   std::back_inserter(answer), [](char a, char b) { return a == '1' && b == '1' ? '1' : '0'; });
    return answer;
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    std::string answer(operands[0]);
    for (size_t i = 0; i < answer.size(); ++i) answer[i] &= operands[1][i];
    return answer;
  }
};

}  // namespace

const Task& BitwiseAndTask() {
  static const Task& task = *new BitwiseAnd();
  return task;
}

}  // namespace tally
