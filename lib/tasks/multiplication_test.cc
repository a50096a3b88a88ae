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
  EXPECT_EQ(TaskNamed("multiplication").Result("+3+", WithScratchpad()), "3");
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
  EXPECT_EQ(TaskNamed("multiplication").state({}).size(), 2);
  EXPECT_TRUE(TaskNamed("multiplication").state(WithScratchpad()).empty());
  EXPECT_EQ(
      States("multiplication", {"12", "34"}, 3, 8),
      std::vector<std::vector<uint8_t>>(
          {{0, 0, 0, 0, 0, 0, 0, 0}, {3, 0, 6, 0, 0, 0, 0, 0}, {3, 0, 0, 1, 8, 0, 0, 0}, {3, 0, 0, 0, 9, 0, 0, 0}}));
}

// Once all carries have moved on, the digits are the product.
TEST(MultiplicationTest, TheStateEndsInTheProduct) {
  const std::vector<uint8_t> state = States("multiplication", {"99999", "9999"}, 4 + 10, 2 * 10).back();
  std::string product;
  for (size_t n = 0; n < 9; ++n) product.push_back(static_cast<char>('0' + state[2 * n]));
  EXPECT_EQ(product, AnswerTo("multiplication", "99999x9999="));
}

}  // namespace
}  // namespace tally
