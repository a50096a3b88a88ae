// A task that the registry does not have, for tests of what a new task needs.
#ifndef TALLY_LIB_TASKS_COMPLEMENT_FOR_TEST_H_
#define TALLY_LIB_TASKS_COMPLEMENT_FOR_TEST_H_

#include <string>

#include "absl/strings/string_view.h"
#include "lib/tasks/strings/string_task.h"

namespace tally {

// Bits upside down: `!0110=1001`.
class Complement : public StringTask {
 public:
  Complement()
      : StringTask({.prefix = '!', .least_operands = 1, .most_operands = 1, .last_digit = '1'}, kStringOptions) {}
  absl::string_view name() const override { return "complement"; }
  std::string OracleAnswer(const ParsedProblem& problem, const LineFormat& /*format*/) const override {
    std::string answer;
    for (const char bit : problem.operands[0]) answer += bit == '0' ? "1" : "0";
    return answer;
  }

 private:
  std::string AnswerOf(const OperandViews& operands, const LineFormat& /*format*/) const override {
    std::string answer(operands[0]);
    for (char& bit : answer) bit = static_cast<char>(bit ^ 1);
    return answer;
  }
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_COMPLEMENT_FOR_TEST_H_
