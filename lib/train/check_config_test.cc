#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/train/resolve_config.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

RunConfig Valid() {
  RunConfig config;
  config.mutable_train()->set_steps(1);
  return config;
}

TEST(CheckConfigTest, EachRoomIsAsked) {
  EXPECT_TRUE(CheckConfig(Valid()).ok());
  RunConfig train = Valid(), model = Valid(), state = Valid(), progressive = Valid(), pools = Valid();
  train.mutable_train()->set_batch_size(0);
  model.mutable_model()->mutable_attention()->set_heads(5);
  state.mutable_train()->mutable_loss()->set_state_weight(1);
  progressive.mutable_train()->mutable_loss()->set_progressive_alpha(0.5);
  progressive.mutable_model()->set_recurrences_per_digit(1);
  pools.mutable_train()->set_pool_order(TrainConfig::BY_RECURRENCES);
  for (const auto& [config, word] :
       {std::pair(train, "batch_size"), std::pair(model, "heads"), std::pair(state, "handed_on"),
        std::pair(progressive, "progressive_alpha"), std::pair(pools, "pool_order")}) {
    const absl::Status status = CheckConfig(config);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    EXPECT_THAT(std::string(status.message()), HasSubstr(word));
  }
}

TEST(CheckConfigTest, SupervisionOfAnUnrolledStateMayEnd) {
  RunConfig config = Valid();
  LossConfig& loss = *config.mutable_train()->mutable_loss();
  config.mutable_model()->mutable_state()->set_handed_on(StateConfig::ARGMAX);
  loss.set_state_weight(1);
  loss.set_state_weight_steps(10);
  EXPECT_THAT(std::string(CheckConfig(config).message()), HasSubstr("state_weight_steps"));
  loss.set_state_training(LossConfig::UNROLLED);
  EXPECT_TRUE(CheckConfig(config).ok());
}

TEST(CheckConfigTest, PoolsAreSortedByRecurrencesThatDifferAndAreRun) {
  RunConfig config = Valid();
  config.mutable_train()->set_pool_order(TrainConfig::BY_RECURRENCES);
  config.mutable_model()->set_recurrences_per_digit(1);
  EXPECT_TRUE(CheckConfig(config).ok());
  config.mutable_train()->mutable_loss()->set_state_weight(1);
  config.mutable_model()->mutable_state()->set_handed_on(StateConfig::ARGMAX);
  EXPECT_EQ(ExitCodeOf(CheckConfig(config)), kExitUsage);
  config.mutable_train()->mutable_loss()->set_state_training(LossConfig::UNROLLED);
  EXPECT_TRUE(CheckConfig(config).ok());
}

}  // namespace
}  // namespace tally
