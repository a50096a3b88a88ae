#include "lib/train/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace tally {
namespace {

// Three sequences of length 5 with 1, 2 and 3 labels.
Batch SomeBatch() {
  Batch batch;
  batch.sequences = 3;
  batch.length = 5;
  batch.label_positions = {4, 8, 9, 12, 13, 14};
  batch.labels = {0, 1, 2, 3, 4, 5};
  return batch;
}

LossConfig With(LossConfig::Reduction reduction) {
  LossConfig config;
  config.set_reduction(reduction);
  return config;
}

TEST(LossTest, LabelWeights) {
  const float third = 1.0F / 3;
  EXPECT_EQ(LabelWeights(With(LossConfig::TOKEN_EQUAL), SomeBatch()), std::vector<float>(6, 1.0F / 6));
  EXPECT_EQ(LabelWeights(With(LossConfig::SAMPLE_EQUAL), SomeBatch()),
            (std::vector<float>{third, third / 2, third / 2, third / 3, third / 3, third / 3}));
  EXPECT_EQ(LabelWeights(With(LossConfig::POSITION_EQUAL), SomeBatch()), std::vector<float>(6, 1.0F / 15));
}

// The formula in double precision, one label at a time.
double ByFormula(const LossConfig& config, const at::Tensor& logits, const std::vector<int64_t>& labels,
                 const std::vector<float>& weights) {
  const int64_t vocabulary = logits.size(1);
  double sum = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    double total = 0, mean = 0;
    for (int64_t v = 0; v < vocabulary; ++v) {
      const double logit = logits[i][v].item<double>();
      total += std::exp(logit);
      mean += logit / vocabulary;
    }
    const double normaliser = std::log(total);
    const double own = normaliser - logits[i][labels[i]].item<double>(), spread = normaliser - mean;
    const double smoothing = config.label_smoothing();
    sum += weights[i] * ((1 - smoothing) * own + smoothing * spread + config.z_loss() * normaliser * normaliser);
  }
  return sum;
}

TEST(LossTest, EqualsItsFormula) {
  at::manual_seed(1);
  const at::Tensor logits = at::randn({6, 7}) * 3;
  const std::vector<int64_t> labels = {0, 6, 2, 3, 3, 1};
  const std::vector<float> weights = {.1F, .2F, .3F, .05F, .05F, .3F};
  for (const auto& [z, smoothing] : {std::pair(0.0, 0.0), {0.01, 0.0}, {0.0, 0.2}, {0.5, 0.1}}) {
    LossConfig config;
    config.set_z_loss(z);
    config.set_label_smoothing(smoothing);
    const double loss = WeightedLoss(config, logits, at::tensor(labels), at::tensor(weights)).item<double>();
    EXPECT_NEAR(loss / ByFormula(config, logits, labels, weights), 1, 1e-6) << z << " " << smoothing;
  }
}

ModelConfig Recurrences(int recurrences, int tracked) {
  ModelConfig config;
  config.set_recurrences(recurrences);
  config.set_backprop_recurrences(tracked);
  return config;
}

TEST(LossTest, WithoutProgressiveTermThereIsOnePassOverAllRecurrences) {
  const std::vector<LossTerm> all = LossTerms(LossConfig(), Recurrences(5, 0), 1, 1);
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(all[0].weight, 1);
  EXPECT_EQ(all[0].untracked, 0);
  EXPECT_EQ(all[0].recurrences, 5);
  EXPECT_EQ(LossTerms(LossConfig(), Recurrences(5, 2), 1, 1)[0].untracked, 3);
}

TEST(LossTest, ProgressiveDrawsCoverTheirRangeEvenly) {
  LossConfig config;
  config.set_progressive_alpha(0.3);
  constexpr int64_t kDraws = 12000;
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;  // (n, k) -> times
  for (int64_t step = 0; step < kDraws; ++step) {
    const std::vector<LossTerm> terms = LossTerms(config, Recurrences(4, 2), 7, step);
    ASSERT_EQ(terms.size(), 2);
    EXPECT_DOUBLE_EQ(terms[0].weight, 0.7);
    EXPECT_DOUBLE_EQ(terms[1].weight, 0.3);
    EXPECT_EQ(terms[0].untracked, 2);
    ++counts[{terms[1].untracked, terms[1].recurrences - terms[1].untracked}];
  }
  // n is uniform on 0..3; then k on 1..min(4 - n, 2).
  EXPECT_EQ(counts.size(), 7);
  for (const auto& [n_k, count] : counts) {
    const double expected = n_k.first == 3 ? kDraws / 4.0 : kDraws / 8.0;
    EXPECT_NEAR(count, expected, 5 * std::sqrt(expected)) << n_k.first << " " << n_k.second;
  }
}

TEST(LossTest, ThrottleAndAlphaOne) {
  LossConfig config;
  config.set_progressive_alpha(1);
  config.set_throttle(true);
  const std::vector<LossTerm> terms = LossTerms(config, Recurrences(16, 8), 7, 3);
  ASSERT_EQ(terms.size(), 1);
  EXPECT_DOUBLE_EQ(terms[0].weight, (1 + 4.0) / 8);
}

TEST(LossTest, EntropiesOfRowsThatCount) {
  at::Tensor logits =
      at::tensor({0.0F, 0.0F, 0.0F, 0.0F, 500.0F, 0.0F, 0.0F, 0.0F, 1.0F, 1.0F, 1.0F, 1.0F}).view({3, 4});
  logits.set_requires_grad(true);
  const at::Tensor sum = SumOfEntropies(logits, at::tensor({0.5F, 0.5F, 0.0F}));
  EXPECT_NEAR(sum.item<double>(), std::log(4), 1e-6);
  EXPECT_FALSE(sum.requires_grad());
  EXPECT_NEAR(SumOfEntropies(logits, at::tensor({0.5F, 0.5F, 0.1F})).item<double>(), 2 * std::log(4), 1e-6);
}

}  // namespace
}  // namespace tally
