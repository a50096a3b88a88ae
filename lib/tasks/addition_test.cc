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

TEST(AdditionTest, MeasuresWhatMakesASumHard) {
  const ParsedProblem problem = {{"9995", "6", "115"}, {}, ""};
  const std::vector<ProblemMeasure> measures = TaskNamed("addition").Measures(problem, PlainOrder());
  ASSERT_EQ(measures.size(), 3u);
  EXPECT_EQ(measures[0].name, "longest_repeated_digit");
  EXPECT_EQ(measures[0].value, 3);
  EXPECT_EQ(measures[1].name, "overlapping_digits");
  EXPECT_EQ(measures[1].value, 3);
  EXPECT_EQ(measures[2].name, "longest_carry_run");  // 9995 + 6 + 115, from the right
  EXPECT_EQ(measures[2].value, 4);
}

// 99 + 1 + 5: after two operands the carry of weight 0 waits; it moves on with what comes.
TEST(AdditionTest, TheStateIsTheSumSoFar) {
  EXPECT_EQ(States("addition", {"99", "1", "5"}, 4, 9),
            std::vector<std::vector<uint8_t>>({{0, 0, 0, 0, 0, 0, 0, 0, 0},
                                               {9, 0, 1, 9, 0, 1, 0, 0, 0},
                                               {0, 1, 1, 9, 0, 1, 0, 0, 0},
                                               {5, 0, 1, 0, 1, 1, 0, 0, 0},
                                               {5, 0, 1, 0, 0, 1, 1, 0, 1}}));
}

}  // namespace
}  // namespace tally
