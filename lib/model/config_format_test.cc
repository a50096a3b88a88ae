#include "lib/model/config_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(ConfigFormatTest, WhatFormat0LacksItDoesNotDo) {
  ModelConfig config;
  config.mutable_attention()->set_heads(8);
  ASSERT_TRUE(UpgradeModelConfig("file", &config).ok());
  EXPECT_EQ(config.attention().logit_jitter(), 0);
  EXPECT_EQ(config.attention().far_key_bias_jitter(), 0);
  EXPECT_EQ(config.attention().log_power(), 1);
  EXPECT_EQ(config.attention().heads(), 8);
  EXPECT_EQ(config.format(), ModelConfig::default_instance().format());
}

TEST(ConfigFormatTest, WhatFormat0SaysStays) {
  ModelConfig config;
  config.mutable_attention()->set_logit_jitter(0.1);
  config.mutable_attention()->set_far_key_bias_jitter(0.2);
  config.mutable_attention()->set_log_power(0.3);
  ASSERT_TRUE(UpgradeModelConfig("file", &config).ok());
  EXPECT_EQ(config.attention().logit_jitter(), 0.1);
  EXPECT_EQ(config.attention().far_key_bias_jitter(), 0.2);
  EXPECT_EQ(config.attention().log_power(), 0.3);
}

TEST(ConfigFormatTest, TheNewestFormatIsLeftAsItIs) {
  ModelConfig config;
  config.set_format(ModelConfig::default_instance().format());
  const std::string before = config.DebugString();
  ASSERT_TRUE(UpgradeModelConfig("file", &config).ok());
  EXPECT_EQ(config.DebugString(), before);
}

TEST(ConfigFormatTest, UnknownFormatsAreRefused) {
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
