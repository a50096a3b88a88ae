#include "bench/useful_flop.h"

#include <gtest/gtest.h>

#include <vector>

namespace tally {
namespace {

// Rows of 3 and 4 inputs, of which the loss reads the last one and the last two.
Batch SmallBatch() {
  const std::vector<uint8_t> first = {4, 5, 6, 3}, second = {4, 5, 6, 7, 3};
  return MakeBatch({{first, /*answer_start=*/3, 0}, {second, /*answer_start=*/3, 1}}, /*answer_only=*/true);
}

TEST(UsefulFlopTest, CountsOneLayerByHand) {
  ModelConfig config;
  config.set_hidden_size(2);
  config.set_intermediate_size(6);
  config.set_vocabulary_size(10);
  // Keys and values of 7 tokens; query, output and feed-forward of 3; queries read 3, 3 and 4 keys; logits of 3.
  const double forward = 7 * 16 + 3 * (16 + 2 * 2 * (6 + 3)) + 4 * 2 * 10 + 3 * 2 * 2 * 10;
  EXPECT_EQ(UsefulFlop(config, SmallBatch(), {.recurrences = 1}), 3 * forward);
}

TEST(UsefulFlopTest, CountsTheLayersOfAHead) {
  ModelConfig config;
  config.set_hidden_size(2);
  config.set_intermediate_size(6);
  const double without = UsefulFlop(config, SmallBatch(), {.recurrences = 1});
  config.set_head(ModelConfig::FFN);
  config.set_output_adapter(true);
  EXPECT_EQ(UsefulFlop(config, SmallBatch(), {.recurrences = 1}), without + 3 * 3 * (2 * 2 * (6 + 3) + 2 * 4));
}

TEST(UsefulFlopTest, EarlierRecurrencesComputeAllTokens) {
  ModelConfig config;
  config.set_hidden_size(2);
  config.set_intermediate_size(6);
  const double one = UsefulFlop(config, SmallBatch(), {.recurrences = 1});
  const double pass = 7 * (16 + 16 + 2 * 2 * (6 + 3)) + 4 * 2 * (6 + 10);
  EXPECT_EQ(UsefulFlop(config, SmallBatch(), {.recurrences = 3}), one + 3 * 2 * pass);
  // Two of them without a backward pass.
  EXPECT_EQ(UsefulFlop(config, SmallBatch(), {.untracked = 2, .recurrences = 3}), one + 2 * pass);
}

TEST(UsefulFlopTest, MuonCountsMatricesOfTheBlock) {
  Parameters parameters(/*seed=*/1);
  parameters.Add("block.weight", ParameterRole::kHiddenMatrix, {6, 2}, Init::Constant(1));
  parameters.Add("output.weight", ParameterRole::kMatrix, {6, 2}, Init::Constant(1));
  EXPECT_EQ(MuonFlop(parameters), 5 * (4 * 4 * 6 + 2 * 8));
}

}  // namespace
}  // namespace tally
