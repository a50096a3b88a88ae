#include "lib/eval/batch_tokens.h"

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr int64_t kGiB = int64_t{1} << 30;

ModelConfig OfWidth(int32_t width) {
  ModelConfig config;
  config.set_hidden_size(width);
  config.set_intermediate_size(4 * width);
  config.mutable_attention()->set_heads(4);
  return config;
}

TEST(BatchTokensTest, FillSmallModelsOnLargeDevices) {
  EXPECT_EQ(BatchTokensOfDevice(OfWidth(48), 80 * kGiB), 1 << 16);
  EXPECT_EQ(BatchTokensOfDevice(OfWidth(4096), kGiB), kBatchTokensOfCpus);
}

// 16 x 1024 + 3 x 4096 + 3 x 64 x 4 numbers of four bytes a token.
TEST(BatchTokensTest, TakeAThirtySecondOfTheMemory) {
  EXPECT_EQ(BatchTokensOfDevice(OfWidth(1024), 80 * kGiB), 80 * kGiB / 32 / (29440 * 4));
}

}  // namespace
}  // namespace tally
