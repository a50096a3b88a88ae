#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(ParityTest, CountsOnes) {
  EXPECT_EQ(AnswerTo("parity", "#0="), "0");
  EXPECT_EQ(AnswerTo("parity", "#0110="), "0");
  EXPECT_EQ(AnswerTo("parity", "#10110="), "1");
  EXPECT_EQ(AnswerTo("parity", "#012="), "byte 4: found '2', expected 0 or 1 or '='");
  EXPECT_EQ(AnswerTo("parity", "0110="), "byte 1: found '0', expected '#'");
}

TEST(ParityTest, TheScratchpadIsTheRunningParity) {
  LineFormat format;
  format.scratchpad = true;
  EXPECT_EQ(AnswerTo("parity", "#0110=", format), "0100");
  EXPECT_EQ(AnswerTo("parity", "#111=", format), "101");
  EXPECT_EQ(TaskNamed("parity").Result("101", format), "1");
  EXPECT_EQ(TaskNamed("parity").Result("01", LineFormat()), "01");  // a wrong answer stays one
}

TEST(ParityTest, TheStateIsTheParityOfTheFirstBits) {
  EXPECT_EQ(States("parity", {"1011"}, 5, 1), std::vector<std::vector<uint8_t>>({{0}, {1}, {1}, {0}, {1}, {1}}));
}

}  // namespace
}  // namespace tally
