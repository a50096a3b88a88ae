#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(MultiplicationTest, Multiplies) {
  EXPECT_EQ(AnswerTo("multiplication", "12x34=", PlainOrder()), "408");
  EXPECT_EQ(AnswerTo("multiplication", "21x43="), "804");
  EXPECT_EQ(AnswerTo("multiplication", "0x007="), "0");
}

TEST(MultiplicationTest, TheScratchpadHasARowForEachDigit) {
  EXPECT_EQ(AnswerTo("multiplication", "12x34=", WithScratchpad()), "360+090");  // 21 x 3 = 63; 6 + 21 x 4 = 90
  EXPECT_EQ(AnswerTo("multiplication", "9x9=", WithScratchpad()), "18");
  EXPECT_EQ(AnswerTo("multiplication", "0x05=", WithScratchpad()), "00+00");
  EXPECT_EQ(TaskNamed("multiplication").Result("360+090", WithScratchpad()), "309");
  EXPECT_EQ(TaskNamed("multiplication").Result("00+00", WithScratchpad()), "0");
}

TEST(MultiplicationTest, AScratchpadStandsAlone) {
  LineFormat format = WithScratchpad();
  format.order = DigitOrder::kPlain;
  EXPECT_EQ(CheckLineFormat(TaskNamed("multiplication"), format).message(),
            "a scratchpad is written least significant digit first; expected --reverse=all");
  format = WithScratchpad();
  format.spaces = true;
  EXPECT_FALSE(CheckLineFormat(TaskNamed("multiplication"), format).ok());
}

// 21 x 43 = 903, digit by digit: 21 x 3 = 63; then 21 x 40 = 840 is added where its weights are.
TEST(MultiplicationTest, TheStateIsThatOfACarrySaveMultiplier) {
  const Task& task = TaskNamed("multiplication");
  const LineFormat format;
  EXPECT_EQ(task.state(format).size(), 2);
  EXPECT_TRUE(task.state(WithScratchpad()).empty());
  ParsedProblem problem;
  problem.operands = {"12", "34"};
  const auto after = [&](int64_t recurrences) {
    std::vector<uint8_t> out(8);
    task.StateAfter(problem, format, recurrences, absl::MakeSpan(out));
    return out;
  };
  EXPECT_EQ(after(0), std::vector<uint8_t>(8));
  EXPECT_EQ(after(1), std::vector<uint8_t>({3, 0, 6, 0, 0, 0, 0, 0}));
  EXPECT_EQ(after(2), std::vector<uint8_t>({3, 0, 0, 1, 8, 0, 0, 0}));
  EXPECT_EQ(after(3), std::vector<uint8_t>({3, 0, 0, 0, 9, 0, 0, 0}));
}

// Once all carries have moved on, the digits are the product.
TEST(MultiplicationTest, TheStateEndsInTheProduct) {
  const Task& task = TaskNamed("multiplication");
  ParsedProblem problem;
  problem.operands = {"99999", "9999"};
  std::vector<uint8_t> out(2 * 10);
  task.StateAfter(problem, LineFormat(), 4 + 10, absl::MakeSpan(out));
  std::string product;
  for (size_t n = 0; n < 9; ++n) product.push_back(static_cast<char>('0' + out[2 * n]));
  EXPECT_EQ(product, AnswerTo("multiplication", "99999x9999="));
}

}  // namespace
}  // namespace tally
