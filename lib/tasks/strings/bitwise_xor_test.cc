#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(BitwiseXorTest, TheBitsDiffer) {
  EXPECT_EQ(AnswerTo("bitwise_xor", "0110^0011="), "0101");
  EXPECT_EQ(AnswerTo("bitwise_xor", "1^1="), "0");
  EXPECT_EQ(AnswerTo("bitwise_xor", "11^1="), "found operands of 2 and 1 digits, expected equal lengths");
}

}  // namespace
}  // namespace tally
