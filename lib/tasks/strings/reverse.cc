// A string of digits from its end: `~123=321`. Zeros count wherever they are.
#include <algorithm>
#include <iterator>

#include "lib/tasks/strings/string_task.h"

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

  // A shift register: the answer's first place takes a digit of the operand each recurrence, every other place what the
  // place before it had. Behind the operand nothing moves. 0: no digit yet.
  absl::Span<const StateVariable> state(const LineFormat& /*format*/) const override {
    static constexpr StateVariable kVariables[] = {{"digit", 11}};
    return kVariables;
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    const absl::string_view taken = problem.operands[0].substr(0, recurrences);
    for (size_t t = 0; t < out.size(); ++t) {
      out[t] = t < taken.size() ? static_cast<uint8_t>(taken[taken.size() - 1 - t] - '0' + 1) : 0;
    }
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
