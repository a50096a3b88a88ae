#include <gtest/gtest.h>

#include <vector>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(ModularAdditionTest, FollowsTheDigitOrder) {
  LineFormat format;
  format.order = DigitOrder::kPlain;
  EXPECT_EQ(AnswerTo("modular_addition", "12+45%7=", format), "1");
  format.parameters["modulus"] = 25;
  EXPECT_EQ(AnswerTo("modular_addition", "12+7%25=", format), "19");
  format.order = DigitOrder::kAllReversed;
  EXPECT_EQ(AnswerTo("modular_addition", "21+7%52=", format), "91");
}

TEST(ModularAdditionTest, OneModulusADataSet) {
  EXPECT_EQ(AnswerTo("modular_addition", "12+45%9="),
            "found the modulus 9, expected 7 (--modulus; digits as in --reverse)");
  EXPECT_EQ(AnswerTo("modular_addition", "12+45="), "byte 6: found '=', expected a digit or '%'");
}

// 3, 34, 345 modulo 7 and 8; their sum is a recurrence later.
TEST(ModularAdditionTest, TheStateIsTheRemaindersOfTheFirstDigits) {
  EXPECT_EQ(States("modular_addition", {"345", "8", "7"}, 4, 3, PlainOrder()),
            std::vector<std::vector<uint8_t>>({{0, 0, 0}, {3, 1, 0}, {6, 1, 4}, {2, 1, 0}, {2, 1, 3}}));
  LineFormat large = PlainOrder();
  large.parameters["modulus"] = 257;
  EXPECT_TRUE(TaskNamed("modular_addition").state(large).empty());
  EXPECT_TRUE(TaskNamed("modular_addition").state({}).empty());
}

TEST(ModularAdditionTest, TheModulusIsKeptWithTheData) {
  ProblemFormat format(TaskNamed("modular_addition"), {});
  EXPECT_EQ(LayoutText(format), "modulus=7");
  format.parameters["modulus"] = 97;
  EXPECT_EQ(LayoutText(format), "modulus=97");
  ProblemFormat read(TaskNamed("modular_addition"), {});
  ASSERT_TRUE(ParseLayout("spaces,modulus=97", &read).ok());
  EXPECT_EQ(read.parameters, format.parameters);
}

}  // namespace
}  // namespace tally
