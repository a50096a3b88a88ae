// The scratchpads of sums and products.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

ProblemFormat Format(absl::string_view task, bool scratchpad) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  format.scratchpad = scratchpad;
  return format;
}

std::string Scratchpad(absl::string_view task, const OperandViews& operands) {
  return ExpectedAnswer({operands, {}, {}}, Format(task, true));
}

std::string Result(absl::string_view task, absl::string_view scratchpad) {
  return TaskNamed(task).Result(scratchpad, Format(task, true));
}

TEST(ScratchpadTest, RowsOfAProduct) {
  EXPECT_EQ(Scratchpad("multiplication", {"12", "34"}), "360+090");  // 21 x 3 = 63; 6 + 21 x 4 = 90
  EXPECT_EQ(Scratchpad("multiplication", {"9", "9"}), "18");
  EXPECT_EQ(Scratchpad("multiplication", {"0", "05"}), "00+00");
}

TEST(ScratchpadTest, RowsOfASum) {
  EXPECT_EQ(Scratchpad("addition", {"12", "9", "07"}), "12+03+001");  // 21, 30, 100
  EXPECT_EQ(Scratchpad("addition", {"0", "0"}), "0+0");
}

TEST(ScratchpadTest, ResultOfTheLastRow) {
  EXPECT_EQ(Result("multiplication", "360+090"), "309");
  EXPECT_EQ(Result("multiplication", "00+00"), "0");
  EXPECT_EQ(Result("addition", "12+03+001"), "001");
  EXPECT_EQ(Result("addition", ""), "");
}

// The scratchpad ends in the answer without it, and the oracle, which has another formula, writes the same rows.
TEST(ScratchpadTest, AgreesWithTheOracleAndTheBareAnswer) {
  Random random(1, RandomStream::kTest, 0);
  for (int i = 0; i < 400; ++i) {
    const std::string task = i % 2 == 0 ? "multiplication" : "addition";
    std::vector<std::string> numbers(task == "addition" ? 2 + random.Below(6) : 2);
    ParsedProblem problem;
    for (std::string& number : numbers) {
      number.assign(1 + random.Below(25), '0');
      for (char& digit : number) digit = static_cast<char>('0' + random.Below(10));
      problem.operands.push_back(number);
    }
    const std::string scratchpad = ExpectedAnswer(problem, Format(task, true));
    EXPECT_EQ(scratchpad, OracleAnswer(problem, Format(task, true)));
    EXPECT_EQ(Result(task, scratchpad), OracleAnswer(problem, Format(task, false)));
  }
}

}  // namespace
}  // namespace tally
