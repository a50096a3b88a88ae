#include <gtest/gtest.h>

#include <vector>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(ReverseTest, BeginsAtTheEnd) {
  EXPECT_EQ(AnswerTo("reverse", "~7="), "7");
  EXPECT_EQ(AnswerTo("reverse", "~00120="), "02100");
  EXPECT_EQ(AnswerTo("reverse", "~="), "byte 2: found '=', expected a digit");
}

TEST(ReverseTest, TheStateIsAShiftRegister) {
  EXPECT_EQ(States("reverse", {"507"}, 4, 4),
            std::vector<std::vector<uint8_t>>({{0, 0, 0, 0}, {6, 0, 0, 0}, {1, 6, 0, 0}, {8, 1, 6, 0}, {8, 1, 6, 0}}));
}

}  // namespace
}  // namespace tally
