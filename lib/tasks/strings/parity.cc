// The parity of a string of bits: `#0110=0`, 1 where the number of ones is odd. With a scratchpad the answer is the
// parity of the first bit, of the first two, ..., of all: `#0110=0100`. The last one is the result.
#include <algorithm>

#include "lib/tasks/strings/string_task.h"

namespace tally {
namespace {

class Parity : public StringTask {
 public:
  Parity()
      : StringTask({.prefix = '#', .least_operands = 1, .most_operands = 1, .last_digit = '1'},
                   kStringOptions | kHasScratchpad) {}

  absl::string_view name() const override { return "parity"; }

  // Counts the ones of each beginning anew.
  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& format) const override {
    const absl::string_view bits = problem.operands[0];
    std::string answer;
    for (size_t n = format.scratchpad ? 1 : bits.size(); n <= bits.size(); ++n) {
      answer += std::count(bits.begin(), bits.begin() + n, '1') % 2 == 1 ? '1' : '0';
    }
    return answer;
  }

  std::string Result(absl::string_view answer, const LineFormat& format) const override {
    return std::string(answer.substr(format.scratchpad && !answer.empty() ? answer.size() - 1 : 0));
  }

  // Without a scratchpad, as lines are counted.
  int64_t AnswerDigits(const CellLengths& /*cell*/) const override { return 1; }

  // The parity of the first bits, one more a recurrence.
  absl::Span<const StateVariable> state(const LineFormat& format) const override {
    static constexpr StateVariable kVariables[] = {{"parity", 2}};
    return format.scratchpad ? absl::Span<const StateVariable>() : kVariables;
  }

  void StateAfter(const ParsedProblem& problem, const LineFormat& /*format*/, int64_t recurrences,
                  absl::Span<uint8_t> out) const override {
    const absl::string_view bits = problem.operands[0].substr(0, recurrences);
    std::fill(out.begin(), out.end(), static_cast<uint8_t>(std::count(bits.begin(), bits.end(), '1') % 2));
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& format) const override {
    std::string running;
    char parity = '0';
    for (const char bit : operands[0]) running.push_back(parity = bit == parity ? '0' : '1');
    return format.scratchpad ? running : std::string(1, parity);
  }
};

}  // namespace

const Task& ParityTask() {
  static const Task& task = *new Parity();
  return task;
}

}  // namespace tally
