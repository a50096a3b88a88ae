#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/train/trainer.h"

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
  RunConfig train = Valid(), model = Valid(), state = Valid(), progressive = Valid();
  train.mutable_train()->set_batch_size(0);
  model.mutable_model()->mutable_attention()->set_heads(5);
  state.mutable_train()->mutable_loss()->set_state_weight(1);
  progressive.mutable_train()->mutable_loss()->set_progressive_alpha(0.5);
  progressive.mutable_model()->set_recurrences_per_digit(1);
  for (const auto& [config, word] : {std::pair(train, "batch_size"), std::pair(model, "heads"),
                                     std::pair(state, "handed_on"), std::pair(progressive, "progressive_alpha")}) {
    const absl::Status status = CheckConfig(config);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    EXPECT_THAT(std::string(status.message()), HasSubstr(word));
  }
}

}  // namespace
}  // namespace tally
