#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(ComparisonTest, IsASign) {
  EXPECT_EQ(AnswerTo("comparison", "123?45=", PlainOrder()), "1");
  EXPECT_EQ(AnswerTo("comparison", "45?123=", PlainOrder()), "-1");
  EXPECT_EQ(AnswerTo("comparison", "54?321="), "1-");
  EXPECT_EQ(AnswerTo("comparison", "7?7="), "0");
  EXPECT_EQ(AnswerTo("comparison", "7<7="), "byte 2: found '<', expected a digit or '?'");
}

TEST(ComparisonTest, TheStateIsTheOrderOfTheLowestDigits) {
  ParsedProblem problem;
  problem.operands = {"1732", "19"};
  const uint8_t expected[] = {0, 0, 2, 1, 1, 1};
  for (int64_t n = 0; n < 6; ++n) {
    uint8_t out[3] = {};
    TaskNamed("comparison").StateAfter(problem, LineFormat(), n, absl::MakeSpan(out));
    for (const uint8_t value : out) EXPECT_EQ(value, expected[n]) << n;
  }
  EXPECT_TRUE(TaskNamed("comparison").state(PlainOrder()).empty());
}

}  // namespace
}  // namespace tally
