#include "lib/model/draws.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace tally {
namespace {

ModelConfig With(ModelConfig::InitialState state) {
  ModelConfig config;
  config.set_hidden_size(16);
  config.set_initial_state(state);
  return config;
}

TEST(DrawsTest, InitialStatesDependOnSampleAndPositionOnly) {
  for (const auto state : {ModelConfig::EMBED, ModelConfig::NORMAL, ModelConfig::UNIT}) {
    const at::Tensor longer = InitialState(With(state), 9, {4, 7}, 30);
    EXPECT_TRUE(InitialState(With(state), 9, {7}, 12)[0].equal(longer[1].narrow(0, 0, 12)));
    EXPECT_TRUE(InitialState(With(state), 9, {4}, 30, /*begin=*/11)[0].equal(longer[0].narrow(0, 11, 19)));
    EXPECT_GT((longer[0] - longer[1]).abs().max().item<double>(), 0.01);
    EXPECT_GT((longer - InitialState(With(state), 10, {4, 7}, 30)).abs().max().item<double>(), 0.01);
  }
  EXPECT_FALSE(InitialState(With(ModelConfig::ZERO), 9, {4}, 3).defined());
  EXPECT_FALSE(InitialState(With(ModelConfig::EMBEDDING), 9, {4}, 3).defined());
}

TEST(DrawsTest, InitialStatesHaveTheirDeviation) {
  const std::vector<uint64_t> samples = {0, 1, 2, 3};
  const auto deviation = [&](ModelConfig::InitialState state) {
    return InitialState(With(state), 9, samples, 100).std(/*unbiased=*/false).item<double>();
  };
  EXPECT_NEAR(deviation(ModelConfig::EMBED), 0.02, 0.001);
  EXPECT_NEAR(deviation(ModelConfig::NORMAL), 1, 0.05);
  const at::Tensor unit = InitialState(With(ModelConfig::UNIT), 9, samples, 100);
  EXPECT_LE(unit.mean(-1).abs().max().item<double>(), 1e-6);
  EXPECT_LE((unit.var(-1, /*unbiased=*/true) - 1).abs().max().item<double>(), 1e-5);
}

TEST(DrawsTest, RisingNumbersRiseAndCoverTheirRange) {
  std::map<int64_t, int> counts;
  for (uint64_t index = 0; index < 3000; ++index) {
    const std::vector<int64_t> numbers = RisingNumbers(5, 20, 1, RandomStream::kTest, index);
    ASSERT_EQ(numbers.size(), 5);
    for (size_t i = 1; i < numbers.size(); ++i) ASSERT_LT(numbers[i - 1], numbers[i]);
    for (const int64_t number : numbers) ++counts[number];
  }
  ASSERT_EQ(counts.size(), 20);
  EXPECT_EQ(counts.begin()->first, 0);
  for (const auto& [number, count] : counts) EXPECT_NEAR(count, 750, 5 * 27) << number;
}

// Draws for `sequences` sequences of 6 tokens.
ModelInput Drawn(const ModelConfig& config, int64_t step, int64_t sequences) {
  ModelInput input;
  input.ids = at::zeros({sequences, 6}, at::kLong);
  std::vector<uint64_t> samples;
  for (int64_t s = 0; s < sequences; ++s) samples.push_back(step * sequences + s);
  DrawForTraining(config, 3, step, samples, &input);
  return input;
}

TEST(DrawsTest, OffsetsOfABatchOrOfEachSampleUseTheirWholeRange) {
  ModelConfig config;
  config.mutable_positions()->set_table(PositionConfig::ABACUS);
  config.mutable_positions()->set_max_offset(9);
  std::set<int64_t> batch_offsets, sample_offsets;
  for (int64_t step = 0; step < 200; ++step) {
    const at::Tensor offsets = Drawn(config, step, 4).table_offsets;
    ASSERT_EQ(offsets.numel(), 1);
    batch_offsets.insert(offsets.item<int64_t>());
  }
  config.mutable_positions()->set_offset_per_sample(true);
  const at::Tensor offsets = Drawn(config, 0, 300).table_offsets;
  ASSERT_EQ(offsets.numel(), 300);
  for (int64_t i = 0; i < 300; ++i) sample_offsets.insert(offsets[i].item<int64_t>());
  const std::set<int64_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(batch_offsets, all);
  EXPECT_EQ(sample_offsets, all);
}

TEST(DrawsTest, RandomPositionsOfFireDifferFromCallToCall) {
  ModelConfig config;
  config.mutable_attention()->set_position(AttentionConfig::FIRE);
  EXPECT_FALSE(Drawn(config, 0, 1).attention_positions.defined());
  config.mutable_attention()->set_random_positions(64);
  const at::Tensor positions = Drawn(config, 0, 1).attention_positions;
  ASSERT_EQ(positions.sizes(), (std::vector<int64_t>{3, 6}));
  EXPECT_FALSE(positions[0].equal(positions[1]));
  EXPECT_LT(positions.max().item<int64_t>(), 64);
  config.mutable_attention()->set_random_positions(5);  // fewer than tokens
  EXPECT_FALSE(Drawn(config, 0, 1).attention_positions.defined());
}

TEST(DrawsTest, LogitJitterIsUniformOnALogScaleAndForTrainingOnly) {
  ModelConfig config;
  config.mutable_attention()->set_logit_jitter(0.4);
  double least = 1, most = -1, sum = 0;
  for (int64_t step = 0; step < 2000; ++step) {
    const double u = std::log(Drawn(config, step, 1).logit_factor);
    least = std::min(least, u);
    most = std::max(most, u);
    sum += u;
  }
  EXPECT_GE(least, -0.4);
  EXPECT_LE(least, -0.39);
  EXPECT_LE(most, 0.4);
  EXPECT_GE(most, 0.39);
  EXPECT_NEAR(sum / 2000, 0, 5 * 0.4 / std::sqrt(3.0 * 2000));
  ModelInput evaluation;
  evaluation.ids = at::zeros({1, 3}, at::kLong);
  DrawForEvaluation(config, 1, {0}, {3}, &evaluation);
  EXPECT_EQ(evaluation.logit_factor, 1);
  config.mutable_attention()->set_logit_jitter(0);
  EXPECT_EQ(Drawn(config, 5, 1).logit_factor, 1);
}

TEST(DrawsTest, FarJitterIsUniformInHalfOfTheStepsAndForTrainingOnly) {
  ModelConfig config;
  config.mutable_attention()->set_far_key_bias_jitter(0.8);
  double most = 0, sum = 0;
  int zeros = 0;
  for (int64_t step = 0; step < 4000; ++step) {
    const double bias = *Drawn(config, step, 1).far_bias;
    EXPECT_GE(bias, 0);
    most = std::max(most, bias);
    sum += bias;
    zeros += bias == 0;
  }
  EXPECT_LE(most, 0.8);
  EXPECT_GE(most, 0.79);
  EXPECT_NEAR(zeros, 2000, 5 * std::sqrt(1000.0));
  EXPECT_NEAR(sum / (4000 - zeros), 0.4, 5 * 0.8 / std::sqrt(12.0 * 2000));
  ModelInput evaluation;
  evaluation.ids = at::zeros({1, 3}, at::kLong);
  DrawForEvaluation(config, 1, {0}, {3}, &evaluation);
  EXPECT_FALSE(evaluation.far_bias.has_value());
  config.mutable_attention()->set_far_key_bias_jitter(0);
  EXPECT_FALSE(Drawn(config, 5, 1).far_bias.has_value());
}

TEST(DrawsTest, PositionsOfAnEvaluationAreThoseOfTheWholeLine) {
  ModelConfig config;
  config.mutable_positions()->set_table(PositionConfig::LEARNED_RAND);
  ModelInput prompt, line;
  prompt.ids = at::zeros({1, 4}, at::kLong);
  line.ids = at::zeros({1, 9}, at::kLong);
  DrawForEvaluation(config, 1, {5}, {9}, &prompt);
  DrawForEvaluation(config, 1, {5}, {9}, &line);
  EXPECT_TRUE(prompt.table_positions[0].equal(line.table_positions[0].narrow(0, 0, 4)));
}

}  // namespace
}  // namespace tally
