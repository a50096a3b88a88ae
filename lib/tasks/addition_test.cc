#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(AdditionTest, AddsUpTo32Numbers) {
  EXPECT_EQ(AnswerTo("addition", "123+45=", PlainOrder()), "168");
  EXPECT_EQ(AnswerTo("addition", "321+54="), "861");
  EXPECT_EQ(AnswerTo("addition", "9+9+9+9=", PlainOrder()), "36");
  EXPECT_EQ(AnswerTo("addition", "007+005=", PlainOrder()), "12");
  EXPECT_EQ(AnswerTo("addition", "5="), "byte 2: found '=', expected a digit or '+'");
}

TEST(AdditionTest, TheScratchpadHasARowForEachOperand) {
  EXPECT_EQ(AnswerTo("addition", "12+9+07=", WithScratchpad()), "12+03+001");  // 21, 30, 100
  EXPECT_EQ(AnswerTo("addition", "0+0=", WithScratchpad()), "0+0");
  EXPECT_EQ(TaskNamed("addition").Result("12+03+001", WithScratchpad()), "001");
  EXPECT_EQ(TaskNamed("addition").Result("", WithScratchpad()), "");
}

}  // namespace
}  // namespace tally
