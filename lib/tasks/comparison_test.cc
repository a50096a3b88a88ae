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
  EXPECT_EQ(States("comparison", {"1732", "19"}, 5, 2),
            std::vector<std::vector<uint8_t>>({{0, 0}, {0, 0}, {2, 2}, {1, 1}, {1, 1}, {1, 1}}));
  EXPECT_TRUE(TaskNamed("comparison").state(PlainOrder()).empty());
}

}  // namespace
}  // namespace tally
