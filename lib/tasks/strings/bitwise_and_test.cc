#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(BitwiseAndTest, BothBitsAreOne) {
  EXPECT_EQ(AnswerTo("bitwise_and", "0110&0011="), "0010");
  EXPECT_EQ(AnswerTo("bitwise_and", "1&1="), "1");
  EXPECT_EQ(AnswerTo("bitwise_and", "11&1="), "found operands of 2 and 1 digits, expected equal lengths");
}

}  // namespace
}  // namespace tally
