#include "lib/train/train_step.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "lib/distributed/ranks_for_test.h"

namespace tally {
namespace {

// Three sequences of four tokens, all but the first of each a label.
Batch SomeBatch() {
  const std::vector<uint8_t> ids = {5, 14, 6, 17, 3};
  Example row;
  row.ids = ids;
  return MakeBatch(std::vector<Example>(3, row), /*answer_only=*/false);
}

class TrainStepTest : public ::testing::Test {
 protected:
  TrainStepTest() {
    ModelConfig config;
    config.set_hidden_size(8);
    config.mutable_attention()->set_heads(2);
    model_ = *Model::Create(config, 3);
    config_.mutable_optimizer()->set_learning_rate(0.02);
    optimizer_ = std::make_unique<Optimizer>(config_.optimizer(), model_->parameters(), /*seed=*/3);
  }

  std::vector<at::Tensor> Weights() const {
    std::vector<at::Tensor> weights;
    for (const Parameter& p : model_->parameters().entries()) weights.push_back(p.tensor.detach().clone());
    return weights;
  }

  bool SameWeights(const std::vector<at::Tensor>& weights) const {
    const std::vector<at::Tensor> now = Weights();
    for (size_t i = 0; i < now.size(); ++i) {
      if (!now[i].equal(weights[i])) return false;
    }
    return true;
  }

  TrainConfig config_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  Batch batch_ = SomeBatch();
};

TEST_F(TrainStepTest, LowersTheLoss) {
  TrainStep step(&config_, model_.get(), optimizer_.get(), 1);
  const StepResult first = *step.Run(batch_, StepSeed(), 1);
  EXPECT_TRUE(first.finite);
  EXPECT_GT(first.grad_norm, 0);
  EXPECT_EQ(first.counts.tokens, 12);
  StepResult last;
  for (int i = 0; i < 100; ++i) last = *step.Run(batch_, StepSeed(), 1);
  EXPECT_LT(last.loss, first.loss / 2);
  EXPECT_EQ(last.counts.problems_right, 3);
}

TEST_F(TrainStepTest, ANonFiniteLossLeavesParametersAndOptimizerAsTheyWere) {
  TrainStep step(&config_, model_.get(), optimizer_.get(), 1);
  ASSERT_TRUE(step.Run(batch_, StepSeed(), 1).ok());
  const at::Tensor head = model_->parameters().Find("head.output.weight")->tensor.detach();
  const std::vector<at::Tensor> weights = Weights();
  head[5][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(step.Run(batch_, StepSeed(), 1)->finite);
  for (size_t i = 0; i < weights.size(); ++i) {
    const Parameter& p = model_->parameters().entries()[i];
    if (p.name == "head.output.weight") head.copy_(weights[i]);
  }
  EXPECT_TRUE(SameWeights(weights));
  for (const auto& [name, view] : optimizer_->State()) {
    if (name == "optimizer.steps") {
      EXPECT_EQ(view.bytes[0], 1);
    }
  }
  EXPECT_TRUE(step.Run(batch_, StepSeed(), 1)->finite);
  EXPECT_FALSE(SameWeights(weights));
}

// At a point 1e38 uphill the loss is not a number.
TEST_F(TrainStepTest, ASecondPassThatIsNotFiniteLeavesTheStepOut) {
  config_.mutable_optimizer()->set_sam_rho(1e38);
  optimizer_ = std::make_unique<Optimizer>(config_.optimizer(), model_->parameters(), /*seed=*/3);
  TrainStep step(&config_, model_.get(), optimizer_.get(), 1);
  const std::vector<at::Tensor> weights = Weights();
  const StepResult result = *step.Run(batch_, StepSeed(), 1);
  EXPECT_FALSE(result.finite);
  EXPECT_TRUE(result.second_pass);
  EXPECT_TRUE(std::isfinite(result.loss));
  EXPECT_TRUE(std::isfinite(result.grad_norm));
  EXPECT_TRUE(SameWeights(weights));
}

// Each rank has its own part of the batch; what they decide is the same.
TEST(TrainStepRanksTest, RanksLeaveOutTheSameSteps) {
  RunRanks(2, [](ProcessGroup& group) {
    ModelConfig model_config;
    model_config.set_hidden_size(8);
    model_config.mutable_attention()->set_heads(2);
    const auto model = *Model::Create(model_config, 3);
    TrainConfig config;
    config.mutable_optimizer()->set_sam_rho(1e38);
    Optimizer optimizer(config.optimizer(), model->parameters(), /*seed=*/3);
    TrainStep step(&config, model.get(), &optimizer, 1, &group);
    Batch batch = SomeBatch();
    const absl::StatusOr<StepResult> result = step.Run(batch, StepSeed(), 1);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_FALSE(result->finite);
    EXPECT_TRUE(result->second_pass);
  });
}

}  // namespace
}  // namespace tally
