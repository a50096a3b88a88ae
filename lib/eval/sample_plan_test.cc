#include "lib/eval/sample_plan.h"

#include <gtest/gtest.h>

#include "lib/results/cell.h"

namespace tally {
namespace {

TEST(SamplePlanTest, WithoutIntervalAllAtOnce) {
  const SamplePlan plan = {77, 0};
  EXPECT_EQ(NextLook(plan, 0), 77);
  EXPECT_FALSE(IsEnough(plan, 76, 76));
  EXPECT_TRUE(IsEnough(plan, 40, 77));
}

TEST(SamplePlanTest, FirstLookIsTheSmallestThatCanBeEnough) {
  for (const double interval : {0.3, 0.1, 0.05, 0.02, 0.001}) {
    const SamplePlan plan = {1000000, interval};
    const int64_t first = NextLook(plan, 0);
    EXPECT_TRUE(IsEnough(plan, first, first)) << interval;
    EXPECT_TRUE(IsEnough(plan, 0, first)) << interval;
    EXPECT_FALSE(IsEnough(plan, first - 1, first - 1)) << interval;
    EXPECT_EQ(NextLook(plan, first), 2 * first);
    EXPECT_FALSE(IsEnough(plan, first / 2, first)) << interval;
  }
  EXPECT_EQ(NextLook({1000, 0.05}, 0), 35);
}

TEST(SamplePlanTest, NeverMoreThanAllowed) {
  const SamplePlan plan = {50, 0.05};
  EXPECT_EQ(NextLook(plan, 35), 50);
  EXPECT_TRUE(IsEnough(plan, 25, 50));
  EXPECT_EQ(NextLook({20, 0.05}, 0), 20);
}

}  // namespace
}  // namespace tally
