#include "lib/eval/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

TEST(ParseLengthsTest, RangesStepsAndLists) {
  EXPECT_THAT(*ParseLengths("1..4"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*ParseLengths("1..100:33"), ElementsAre(1, 34, 67, 100));
  EXPECT_THAT(*ParseLengths("2..8:4"), ElementsAre(2, 6));
  EXPECT_THAT(*ParseLengths("50"), ElementsAre(50));
  EXPECT_THAT(*ParseLengths("100,3..4,3"), ElementsAre(3, 4, 100));
}

TEST(ParseLengthsTest, RefusesAllElse) {
  for (const char* text : {"", "0", "-1", "x", "1..", "..3", "5..1", "1..9:0", "1..9:-1", "1..9:2:3", "3:2", "1,,2",
                           "1.5", "1..2..3", "1000001", "99999999999999999999"}) {
    EXPECT_EQ(ExitCodeOf(ParseLengths(text).status()), kExitUsage) << text;
  }
}

}  // namespace
}  // namespace tally
