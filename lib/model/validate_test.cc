#include "lib/model/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/text_format.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(ValidateTest, TheDefaultIsAccepted) { EXPECT_TRUE(ValidateModelConfig(ModelConfig()).ok()); }

TEST(ValidateTest, SenselessConfigurationsAreRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      // what is set, what is said
      {"vocabulary_size: 0", "model.vocabulary_size is 0; expected 1..256"},
      {"hidden_size: -4", "model.hidden_size is -4"},
      {"layers: 0", "model.layers is 0"},
      {"recurrences: 0", "model.recurrences is 0"},
      {"backprop_recurrences: 4", "model.backprop_recurrences is 4; expected 0..3"},
      {"norm_epsilon: nan", "model.norm_epsilon is nan"},
      {"recurrences_per_digit: -1", "model.recurrences_per_digit is -1"},
      {"intermediate_size: 7", "model.intermediate_size is 7; expected an even number"},
      {"embedding_size: 8", "expected model.output_adapter: true"},
      {"tied: true output_adapter: true", "expected an embedding_size that differs from hidden_size"},
      {"recurrences_per_digit: 1 backprop_recurrences: 1", "expected model.backprop_recurrences: 0"},
      {"initial_state: UNIT hidden_size: 1 attention { heads: 1 }", "model.initial_state is UNIT"},
      {"attention { heads: 3 }", "model.attention.heads is 3; expected a divisor of model.hidden_size, 64"},
      {"attention { heads: 4 key_value_heads: 3 }", "expected a divisor of model.attention.heads, 4"},
      {"attention { key_value_heads: 1 packing: BY_HEAD }", "as many key_value_heads as heads"},
      {"attention { content: false position: ROPE }", "expected model.attention.content: true"},
      {"matrix_rank: 64", "model.matrix_rank is 64; expected less than model.hidden_size, 64"},
      {"attention { relative_clip: -1 }", "model.attention.relative_clip is -1"},
      {"attention { position: ROPE heads: 64 }", "expected an even number of features a head, found 1"},
      {"attention { ids: SCRATCHPAD relative_clip: 0 }", "expected a positive model.attention.relative_clip"},
      {"positions { table: ABACUS max_offset: 512 }", "model.positions.max_offset is 512; expected less than"},
      {"positions { table: SINUSOIDAL } hidden_size: 5 attention { heads: 5 }", "expected an even width, found 5"},
  };
  for (const auto& [text, message] : cases) {
    ModelConfig config;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config)) << text;
    const absl::Status status = ValidateModelConfig(config);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message)) << text;
  }
}

TEST(UpgradeTest, WhatFormat0LacksItDoesNotDo) {
  ModelConfig config;
  config.mutable_attention()->set_heads(8);
  ASSERT_TRUE(UpgradeModelConfig("file", &config).ok());
  EXPECT_EQ(config.attention().logit_jitter(), 0);
  EXPECT_EQ(config.attention().far_key_bias_jitter(), 0);
  EXPECT_EQ(config.attention().log_power(), 1);
  EXPECT_EQ(config.attention().heads(), 8);
  EXPECT_EQ(config.format(), ModelConfig::default_instance().format());
}

TEST(UpgradeTest, WhatFormat0SaysStays) {
  ModelConfig config;
  config.mutable_attention()->set_logit_jitter(0.1);
  config.mutable_attention()->set_far_key_bias_jitter(0.2);
  config.mutable_attention()->set_log_power(0.3);
  ASSERT_TRUE(UpgradeModelConfig("file", &config).ok());
  EXPECT_EQ(config.attention().logit_jitter(), 0.1);
  EXPECT_EQ(config.attention().far_key_bias_jitter(), 0.2);
  EXPECT_EQ(config.attention().log_power(), 0.3);
}

TEST(UpgradeTest, TheNewestFormatIsLeftAsItIs) {
  ModelConfig config;
  config.set_format(ModelConfig::default_instance().format());
  const std::string before = config.DebugString();
  ASSERT_TRUE(UpgradeModelConfig("file", &config).ok());
  EXPECT_EQ(config.DebugString(), before);
}

TEST(UpgradeTest, UnknownFormatsAreRefused) {
  for (const int format : {-1, 99}) {
    ModelConfig config;
    config.set_format(format);
    const absl::Status status = UpgradeModelConfig("a/config.json", &config);
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    EXPECT_THAT(std::string(status.message()), HasSubstr("a/config.json: found a model configuration of format "));
  }
}

}  // namespace
}  // namespace tally
