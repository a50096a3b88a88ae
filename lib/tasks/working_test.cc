#include "lib/tasks/working.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/tasks/oracle.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

ProblemFormat Format(Task task, bool working) {
  ProblemFormat format;
  format.task = task;
  format.working = working;
  return format;
}

TEST(WorkingTest, RowsOfAProduct) {
  EXPECT_EQ(Working(Task::kMultiplication, {"12", "34"}), "360+090");  // 21 x 3 = 63; 6 + 21 x 4 = 90
  EXPECT_EQ(Working(Task::kMultiplication, {"9", "9"}), "18");
  EXPECT_EQ(Working(Task::kMultiplication, {"0", "05"}), "00+00");
}

TEST(WorkingTest, RowsOfASum) {
  EXPECT_EQ(Working(Task::kAddition, {"12", "9", "07"}), "12+03+001");  // 21, 30, 100
  EXPECT_EQ(Working(Task::kAddition, {"0", "0"}), "0+0");
}

TEST(WorkingTest, ResultOfTheLastRow) {
  EXPECT_EQ(ResultOfWorking(Task::kMultiplication, "360+090"), "309");
  EXPECT_EQ(ResultOfWorking(Task::kMultiplication, "00+00"), "0");
  EXPECT_EQ(ResultOfWorking(Task::kAddition, "12+03+001"), "001");
  EXPECT_EQ(ResultOfWorking(Task::kAddition, ""), "");
}

// The working ends in the answer without working, and the oracle, which has another formula, writes the same rows.
TEST(WorkingTest, AgreesWithTheOracleAndTheBareAnswer) {
  Random random(1, RandomStream::kTest, 0);
  for (int i = 0; i < 400; ++i) {
    const Task task = i % 2 == 0 ? Task::kMultiplication : Task::kAddition;
    std::vector<std::string> numbers(task == Task::kAddition ? 2 + random.Below(6) : 2);
    ParsedProblem problem;
    for (std::string& number : numbers) {
      number.assign(1 + random.Below(25), '0');
      for (char& digit : number) digit = static_cast<char>('0' + random.Below(10));
      problem.operands.push_back(number);
    }
    const std::string working = ExpectedAnswer(problem, Format(task, true));
    EXPECT_EQ(working, OracleAnswer(problem, Format(task, true)));
    EXPECT_EQ(ResultOfWorking(task, working), OracleAnswer(problem, Format(task, false)));
  }
}

}  // namespace
}  // namespace tally
