#include "lib/config/flag_range.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

TEST(FlagRangeTest, BothEndsAreWithin) {
  EXPECT_TRUE(CheckFlagRange("offset", -1, -1, 1e6).ok());
  EXPECT_TRUE(CheckFlagRange("offset", 1e6, -1, 1e6).ok());
}

TEST(FlagRangeTest, OthersNameFlagValueAndRange) {
  const absl::Status status = CheckFlagRange("min_exact", 1.5, 0, 1);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_EQ(status.message(), "--min_exact=1.5; expected 0..1");
  EXPECT_FALSE(CheckFlagRange("min_exact", std::nan(""), 0, 1).ok());
}

}  // namespace
}  // namespace tally
