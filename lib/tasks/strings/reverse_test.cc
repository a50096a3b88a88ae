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
  ParsedProblem problem;
  problem.operands = {"507"};
  const std::vector<std::vector<uint8_t>> expected = {
      {0, 0, 0, 0}, {6, 0, 0, 0}, {1, 6, 0, 0}, {8, 1, 6, 0}, {8, 1, 6, 0}};
  for (size_t n = 0; n < expected.size(); ++n) {
    std::vector<uint8_t> out(4, 99);
    TaskNamed("reverse").StateAfter(problem, LineFormat(), static_cast<int64_t>(n), absl::MakeSpan(out));
    EXPECT_EQ(out, expected[n]) << n;
  }
}

}  // namespace
}  // namespace tally
