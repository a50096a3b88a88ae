#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(ReverseTest, BeginsAtTheEnd) {
  EXPECT_EQ(AnswerTo("reverse", "~7="), "7");
  EXPECT_EQ(AnswerTo("reverse", "~00120="), "02100");
  EXPECT_EQ(AnswerTo("reverse", "~="), "byte 2: found '=', expected a digit");
}

}  // namespace
}  // namespace tally
