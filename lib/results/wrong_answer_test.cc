#include "lib/results/wrong_answer.h"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(WrongAnswerTest, JsonIsStable) {
  Cell cell;
  cell.first_digits = 3;
  cell.second_digits = 2;
  cell.operands = 2;
  cell.recurrences = 4;
  EXPECT_EQ(WrongAnswerToJson(cell, {7, "321+54=", "573", "5\"74", false}),
            R"({"problems":"","first_digits":3,"second_digits":2,"operands":2,"recurrences":4,"sample":7,)"
            R"("problem":"321+54=","expected":"573","got":"5\"74","ended":false})");
}

}  // namespace
}  // namespace tally
