#include <gtest/gtest.h>

#include <vector>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(DivisionTest, HasADigitForEachOfTheDividend) {
  EXPECT_EQ(AnswerTo("division", "843/7="), "120");
  EXPECT_EQ(AnswerTo("division", "143/7="), "020");
  EXPECT_EQ(AnswerTo("division", "0/9="), "0");
  EXPECT_EQ(AnswerTo("division", "843/0="), "found the divisor 0, expected a digit of 1..9");
  EXPECT_EQ(AnswerTo("division", "843/17="), "found the divisor 17, expected a digit of 1..9");
}

// 8 = 1 * 7 + 1, 14 = 2 * 7, 5 = 0 * 7 + 5.
TEST(DivisionTest, TheStateIsWhatRemainsOfTheDigitsBefore) {
  EXPECT_EQ(States("division", {"845", "7"}, 4, 4),
            std::vector<std::vector<uint8_t>>({{0, 0, 0, 0}, {0, 1, 1, 1}, {0, 1, 0, 0}, {0, 1, 0, 5}, {0, 1, 0, 5}}));
}

}  // namespace
}  // namespace tally
