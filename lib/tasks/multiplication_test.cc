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

}  // namespace
}  // namespace tally
