#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(CopyTest, RepeatsTheString) {
  EXPECT_EQ(AnswerTo("copy", "@7="), "7");
  EXPECT_EQ(AnswerTo("copy", "@00120="), "00120");
  EXPECT_EQ(AnswerTo("copy", "@1@2="), "byte 3: found '@', expected a digit or '='");
}

}  // namespace
}  // namespace tally
