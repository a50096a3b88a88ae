// The bitwise exclusive OR of two vectors of equal length: `0110^0011=0101`. Bits are in any order, the same in all
// three.
#include <algorithm>
#include <iterator>

#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

class BitwiseXor : public StringTask {
 public:
  BitwiseXor() : StringTask({.separators = "^", .last_digit = '1'}, kStringOptions) {}

  absl::string_view name() const override { return "bitwise_xor"; }

  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    std::string answer;
    std::transform(problem.operands[0].begin(), problem.operands[0].end(), problem.operands[1].begin(),
                   std::back_inserter(answer), [](char a, char b) { return a == b ? '0' : '1'; });
    return answer;
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    std::string answer(operands[0]);
    for (size_t i = 0; i < answer.size(); ++i) answer[i] = static_cast<char>('0' + ((answer[i] ^ operands[1][i]) & 1));
    return answer;
  }
};

}  // namespace

const Task& BitwiseXorTask() {
  static const Task& task = *new BitwiseXor();
  return task;
}

}  // namespace tally
