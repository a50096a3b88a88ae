#include "lib/train/schedule.h"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Schedule, BudgetIsTheLargerOfStepsAndTime) {
  TrainConfig config;
  config.set_steps(200);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 50, 1e9), 0.25);
  config.set_minutes(2);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 50, 60), 0.5);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 150, 60), 0.75);
}

TEST(Schedule, RisesStaysFallsToFinalFraction) {
  ScheduleConfig config;
  config.set_warmup_steps(10);
  config.set_decay_fraction(0.5);
  config.set_final_fraction(0.1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 0, 0), 0.1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 4, 0.01), 0.5);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 30, 0.3), 1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 50, 0.5), 1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 75, 0.75), 0.55);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 100, 1), 0.1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 120, 1.2), 0.1);
}

}  // namespace
}  // namespace tally
