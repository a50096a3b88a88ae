// Updates against textbook versions in plain loops.
#include "lib/train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/train/optimizers/orthogonalise.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

void NoRecompute() { FAIL() << "this rule reads a step's gradients once"; }

constexpr char kMatrix[] = "encoder.recurrent_block.layers.0.weight";

// A block matrix, a decayed table and a norm, which is not decayed.
class OptimizerTest : public ::testing::Test {
 protected:
  OptimizerTest() : parameters_(/*seed=*/7) {
    at::manual_seed(7);
    parameters_.Add(kMatrix, {6, 4}, Init::Normal(1));
    parameters_.Add("encoder.embedding.table", {3, 4}, Init::Normal(1));
    parameters_.Add("encoder.final_norm.weight", {4}, Init::Constant(1));
    config_.set_weight_decay(0.1);
    config_.set_learning_rate(0.05);
  }

  // Fresh random gradients, the same for the same `step`.
  void SetGradients(int step) {
    at::manual_seed(100 + step);
    for (const Parameter& p : parameters_.entries()) p.tensor.mutable_grad() = at::randn(p.tensor.sizes());
  }

  const at::Tensor& Weight(const std::string& name) const { return parameters_.Find(name)->tensor; }

  Parameters parameters_;
  OptimizerConfig config_;
};

// Loshchilov and Hutter 2019, algorithm 2, one number at a time in double precision.
class PlainAdamW {
 public:
  PlainAdamW(const OptimizerConfig& config, double decay) : config_(config), decay_(decay) {}

  double Step(double weight, double grad, double learning_rate) {
    ++steps_;
    mean_ = config_.beta1() * mean_ + (1 - config_.beta1()) * grad;
    square_ = config_.beta2() * square_ + (1 - config_.beta2()) * grad * grad;
    const double mean = mean_ / (1 - std::pow(config_.beta1(), steps_));
    const double square = square_ / (1 - std::pow(config_.beta2(), steps_));
    return weight - learning_rate * (mean / (std::sqrt(square) + config_.epsilon()) + decay_ * weight);
  }

 private:
  const OptimizerConfig& config_;
  const double decay_;
  int steps_ = 0;
  double mean_ = 0, square_ = 0;
};

TEST_F(OptimizerTest, AdamWEqualsTheTextbook) {
  config_.set_kind(OptimizerConfig::ADAMW);
  for (const auto& [name, decay] : std::vector<std::pair<std::string, double>>{
           {kMatrix, 0.1}, {"encoder.embedding.table", 0.1}, {"encoder.final_norm.weight", 0}}) {
    SCOPED_TRACE(name);
    PlainAdamW plain(config_, decay);
    Optimizer fresh(config_, parameters_);
    const float* const weight = Weight(name).const_data_ptr<float>();
    double expected = *weight;
    for (int step = 0; step < 10; ++step) {
      SetGradients(step);
      const double factor = 1.0 / (step + 1);
      expected = plain.Step(expected, Weight(name).grad().const_data_ptr<float>()[0], factor * 0.05);
      fresh.Step(factor, NoRecompute);
      EXPECT_NEAR(*weight, expected, 1e-5) << "step " << step;
    }
  }
}

TEST_F(OptimizerTest, MuonEqualsItsDefinition) {
  config_.set_muon_learning_rate(0.02);
  Optimizer optimizer(config_, parameters_);
  at::Tensor weight = Weight(kMatrix).detach().to(at::kDouble), momentum = weight * 0;
  for (int step = 0; step < 5; ++step) {
    SetGradients(step);
    const at::Tensor grad = Weight(kMatrix).grad().to(at::kDouble);
    momentum = momentum * 0.95 + grad * 0.05;
    const at::Tensor direction = Orthogonalise(grad * 0.05 + momentum * 0.95);
    weight = weight * (1 - 0.01 * 0.1) - direction * (0.01 * std::sqrt(6.0 / 4.0));
    optimizer.Step(/*factor=*/0.5, NoRecompute);
    EXPECT_LE((Weight(kMatrix) - weight).abs().max().item<double>(), 1e-5) << "step " << step;
  }
}

TEST(OrthogonaliseTest, SingularValuesComeNearOne) {
  at::manual_seed(3);
  for (const auto& shape : std::vector<std::vector<int64_t>>{{16, 16}, {48, 16}, {16, 64}}) {
    const at::Tensor matrix = at::randn(shape);
    const at::Tensor result = Orthogonalise(matrix);
    ASSERT_EQ(result.sizes(), matrix.sizes());
    const at::Tensor values = at::linalg_svdvals(result);
    EXPECT_GT(values.min().item<double>(), 0.3);
    EXPECT_LT(values.max().item<double>(), 1.3);
    // The factor of matrix = U S V' is U V': their product with the transpose is positive definite and symmetric.
    const bool tall = shape[0] > shape[1];
    const at::Tensor product = tall ? result.t().mm(matrix) : result.mm(matrix.t());
    EXPECT_LE((product - product.t()).abs().max().item<double>(), 1e-2 * product.abs().max().item<double>());
    EXPECT_GT(at::Tensor(product.trace()).item<double>(), 0);
  }
}

// Two steps, state stored, two more = four.
TEST_F(OptimizerTest, StoredStateContinuesBitForBit) {
  Optimizer unbroken(config_, parameters_);
  const std::string path = ::testing::TempDir() + "/moments.safetensors";
  std::vector<at::Tensor> at_two;
  for (int step = 0; step < 4; ++step) {
    if (step == 2) {
      ASSERT_TRUE(WriteSafetensors(path, unbroken.State(), {}).ok());
      for (const Parameter& p : parameters_.entries()) at_two.push_back(p.tensor.detach().clone());
    }
    SetGradients(step);
    unbroken.Step(1, NoRecompute);
  }
  std::vector<at::Tensor> at_four;
  for (size_t i = 0; i < at_two.size(); ++i) {
    const at::NoGradGuard no_grad;
    at_four.push_back(parameters_.entries()[i].tensor.detach().clone());
    parameters_.entries()[i].tensor.copy_(at_two[i]);
  }
  Optimizer continued(config_, parameters_);
  ASSERT_TRUE(continued.Restore(**SafetensorsFile::Open(path), /*steps=*/2).ok());
  for (int step = 2; step < 4; ++step) {
    SetGradients(step);
    continued.Step(1, NoRecompute);
  }
  for (size_t i = 0; i < at_four.size(); ++i) {
    EXPECT_TRUE(parameters_.entries()[i].tensor.equal(at_four[i])) << parameters_.entries()[i].name;
  }
}

TEST_F(OptimizerTest, StateOfAnotherModelIsRefused) {
  Optimizer optimizer(config_, parameters_);
  std::map<std::string, TensorView> state = optimizer.State();
  const std::string name = std::string("muon.momentum.") + kMatrix;
  ASSERT_EQ(state.count(name), 1u);
  state[name].shape = {4, 6};
  const std::string path = ::testing::TempDir() + "/other.safetensors";
  ASSERT_TRUE(WriteSafetensors(path, state, {}).ok());
  absl::Status status = optimizer.Restore(**SafetensorsFile::Open(path), 1);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr(kMatrix));
  state.erase(name);
  ASSERT_TRUE(WriteSafetensors(path, state, {}).ok());
  status = optimizer.Restore(**SafetensorsFile::Open(path), 1);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr(kMatrix));
}

}  // namespace
}  // namespace tally
