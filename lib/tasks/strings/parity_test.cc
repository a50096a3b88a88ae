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
}

TEST(ParityTest, TheStateIsTheParityOfTheFirstBits) {
  ParsedProblem problem;
  problem.operands = {"1011"};
  const uint8_t expected[] = {0, 1, 1, 0, 1, 1};
  for (int64_t n = 0; n < 6; ++n) {
    uint8_t out[2] = {};
    TaskNamed("parity").StateAfter(problem, LineFormat(), n, absl::MakeSpan(out));
    EXPECT_EQ(out[0], expected[n]) << n;
  }
}

}  // namespace
}  // namespace tally
