#include "lib/train/budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tally {
namespace {

TEST(Budget, BudgetIsTheLargerOfStepsAndTime) {
  TrainConfig config;
  config.set_steps(200);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 50, 1e9), 0.25);
  config.set_minutes(2);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 50, 60), 0.5);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 150, 60), 0.75);
}

// The reference's batch_size_ramp: min((floor(fake per / m) + 1) m, batch) with per = batch / (T ramp).
TEST(Budget, BatchGrowsByMicrobatches) {
  TrainConfig config;
  config.set_microbatch_size(128);
  constexpr double kT = 12e6;
  for (const int64_t batch : {8192, 8200}) {
    config.set_batch_size(batch);
    config.mutable_schedule()->set_batch_ramp_fraction(0);
    EXPECT_EQ(BatchSize(config, 0), batch);
    config.mutable_schedule()->set_batch_ramp_fraction(0.6);
    EXPECT_EQ(BatchSize(config, 0), 128);
    EXPECT_EQ(BatchSize(config, 1), batch);
    for (int64_t fake = 0; fake < 12'000'000; fake += 99'991) {
      const double per = static_cast<double>(batch) / (kT * 0.6);
      const int64_t expected = std::min((static_cast<int64_t>(std::floor(fake * per / 128)) + 1) * 128, batch);
      EXPECT_EQ(BatchSize(config, fake / kT), expected) << fake;
    }
  }
}

TEST(BatchOptionsOfTest, FollowTheConfiguration) {
  TrainConfig config;
  config.set_batch_size(7);
  config.set_pool_batches(3);
  config.set_seed(5);
  config.set_data_order(TrainConfig::SEQUENTIAL);
  config.mutable_loss()->set_answer_only(false);
  const BatchOptions options = BatchOptionsOf(config);
  EXPECT_EQ(options.batch_size, 7);
  EXPECT_EQ(options.pool_batches, 3);
  EXPECT_EQ(options.seed, 5u);
  EXPECT_TRUE(options.sequential);
  EXPECT_FALSE(options.answer_only);
}

}  // namespace
}  // namespace tally
