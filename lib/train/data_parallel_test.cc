#include "lib/train/data_parallel.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/model/draws.h"
#include "lib/runs/run_config.pb.h"

namespace tally {
namespace {

// Seven sequences of lengths 3..9; the last two thirds of each are labels.
Batch SomeBatch() {
  Batch batch;
  batch.sequences = 7;
  batch.length = 9;
  batch.ids.assign(7 * 9, 0);
  for (int64_t s = 0; s < 7; ++s) {
    for (int64_t t = 0; t < s + 3; ++t) {
      batch.ids[s * 9 + t] = 4 + (5 * s + 3 * t) % 10;
      if (t < s / 3 + 1) continue;
      batch.label_positions.push_back(s * 9 + t);
      batch.labels.push_back(4 + (s + t) % 10);
    }
  }
  return batch;
}

std::unique_ptr<Model> SomeModel() {
  ModelConfig config;
  config.set_hidden_size(16);
  config.mutable_attention()->set_heads(2);
  config.set_initial_state(ModelConfig::NORMAL);
  config.set_backprop_recurrences(2);
  config.mutable_attention()->set_logit_jitter(0);
  config.mutable_attention()->set_far_key_bias_jitter(0);
  std::unique_ptr<Model> model = *Model::Create(config, 3);
  at::manual_seed(3);
  const at::NoGradGuard no_grad;
  for (const Parameter& p : model->parameters().entries()) p.tensor.add_(at::randn(p.tensor.sizes()), 0.2);
  return model;
}

StepSeed Draws() {
  StepSeed draws;
  draws.seed = 4;
  draws.first_sample = 70;
  return draws;
}

// The loss by one pass over the whole batch, its gradient left in the model.
double PlainBackward(Model& model, Batch& batch) {
  for (const Parameter& p : model.parameters().entries()) p.tensor.mutable_grad() = at::Tensor();
  const int64_t n = static_cast<int64_t>(batch.label_positions.size());
  ModelInput input;
  input.ids = at::from_blob(batch.ids.data(), {batch.sequences, batch.length}, at::kLong);
  input.rows = at::from_blob(batch.label_positions.data(), {n}, at::kLong);
  input.untracked = 1;
  input.initial_state = InitialState(model.config(), 4, {70, 71, 72, 73, 74, 75, 76}, batch.length);
  const at::Tensor loss =
      at::cross_entropy_loss(model.Forward(input), at::from_blob(batch.labels.data(), {n}, at::kLong));
  loss.backward();
  return loss.item<double>();
}

TEST(DataParallelTest, ThreadsAndMicrobatchesGiveTheGradientOfTheWholeBatch) {
  const std::unique_ptr<Model> model = SomeModel();
  Batch batch = SomeBatch();
  const double loss = PlainBackward(*model, batch);
  std::vector<at::Tensor> gradients;
  for (const Parameter& p : model->parameters().entries()) gradients.push_back(p.tensor.grad().clone());
  std::vector<int64_t> predictions;
  // Nine threads: more than sequences, so some have nothing to do.
  const std::vector<std::pair<int, int64_t>> cuts = {{1, 0}, {2, 0}, {3, 0}, {9, 0}, {1, 1}, {1, 3}, {2, 3}, {2, 100}};
  for (const auto& [threads, microbatch] : cuts) {
    SCOPED_TRACE(absl::StrCat(threads, " threads, microbatches of ", microbatch));
    DataParallel parallel(model.get(), LossConfig(), threads);
    const StepOutcome outcome = parallel.Backward(batch, Draws(), microbatch);
    EXPECT_NEAR(outcome.loss, loss, 1e-5);
    if (predictions.empty()) predictions = outcome.predictions;
    EXPECT_EQ(outcome.predictions, predictions);
    EXPECT_EQ(outcome.predictions.size(), batch.labels.size());
    for (size_t i = 0; i < gradients.size(); ++i) {
      const Parameter& p = model->parameters().entries()[i];
      EXPECT_LE((p.tensor.grad() - gradients[i]).abs().max().item<double>(),
                1e-5 + 1e-5 * gradients[i].abs().max().item<double>())
          << p.name;
    }
  }
}

// A label weighs what it weighs in the whole batch, not in its microbatch.
TEST(DataParallelTest, MicrobatchesKeepEveryReduction) {
  const std::unique_ptr<Model> model = SomeModel();
  Batch batch = SomeBatch();
  for (const auto reduction : {LossConfig::TOKEN_EQUAL, LossConfig::SAMPLE_EQUAL, LossConfig::POSITION_EQUAL}) {
    LossConfig loss;
    loss.set_reduction(reduction);
    DataParallel parallel(model.get(), loss, 1);
    const double whole = parallel.Backward(batch, Draws()).loss;
    std::vector<at::Tensor> gradients;
    for (const Parameter& p : model->parameters().entries()) gradients.push_back(p.tensor.grad().clone());
    EXPECT_NEAR(parallel.Backward(batch, Draws(), 2).loss, whole, 1e-6 * whole);
    for (size_t i = 0; i < gradients.size(); ++i) {
      const double error = (model->parameters().entries()[i].tensor.grad() - gradients[i]).abs().max().item<double>();
      EXPECT_LE(error, 1e-6 + 1e-5 * gradients[i].abs().max().item<double>()) << reduction;
    }
  }
}

TEST(DataParallelTest, EqualCallsGiveEqualBytes) {
  const std::unique_ptr<Model> model = SomeModel();
  Batch batch = SomeBatch();
  DataParallel parallel(model.get(), LossConfig(), 3);
  const double loss = parallel.Backward(batch, Draws()).loss;
  std::vector<at::Tensor> gradients;
  for (const Parameter& p : model->parameters().entries()) gradients.push_back(p.tensor.grad().clone());
  for (int again = 0; again < 5; ++again) {
    EXPECT_EQ(parallel.Backward(batch, Draws()).loss, loss);
    for (size_t i = 0; i < gradients.size(); ++i) {
      EXPECT_TRUE(model->parameters().entries()[i].tensor.grad().equal(gradients[i]));
    }
  }
}

}  // namespace
}  // namespace tally
