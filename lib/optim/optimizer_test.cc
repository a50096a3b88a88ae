// What holds for every optimizer: it goes downhill, and continues from its stored state bit for bit.
#include "lib/optim/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/optim/rules/gradients.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kMatrix[] = "block.layers.0.weight";

// Two matrices of the block, a decayed table and a norm, which is not decayed; the loss is Rosenbrock's function of
// neighbouring numbers of each row, 10 (y - x^2)^2 + (1 - x)^2, which is least, 0, where all numbers are 1.
class OptimizerTest : public ::testing::TestWithParam<OptimizerConfig> {
 protected:
  OptimizerTest() : parameters_(/*seed=*/7) {
    parameters_.Add(kMatrix, ParameterRole::kHiddenMatrix, {6, 4}, Init::Normal(0.5));
    parameters_.Add("embedding.table", ParameterRole::kEmbedding, {3, 4}, Init::Normal(0.5));
    parameters_.Add("head.norm.weight", ParameterRole::kNorm, {4}, Init::Constant(0.5));
    parameters_.Add("block.layers.1.weight", ParameterRole::kHiddenMatrix, {4, 4}, Init::Normal(0.5));
  }

  // Leaves its gradients.
  double Loss() {
    at::AutoGradMode recording(true);
    std::vector<at::Tensor> parts;
    for (const Parameter& p : parameters_.entries()) {
      p.tensor.mutable_grad() = at::Tensor();
      const at::Tensor x = p.tensor.narrow(-1, 0, 3), y = p.tensor.narrow(-1, 1, 3);
      parts.push_back(((y - x.square()).square() * 10 + (1 - x).square()).sum());
    }
    const at::Tensor loss = at::stack(parts).sum();
    loss.backward();
    return loss.item<double>();
  }

  void Run(Optimizer* optimizer, int steps) {
    for (int step = 0; step < steps; ++step) {
      Loss();
      optimizer->Step(/*factor=*/1, [this] { Loss(); });
    }
  }

  std::vector<at::Tensor> Weights() const {
    std::vector<at::Tensor> weights;
    for (const Parameter& p : parameters_.entries()) weights.push_back(p.tensor.detach());
    return weights;
  }

  void SetWeights(const std::vector<at::Tensor>& values) {
    for (size_t i = 0; i < values.size(); ++i) Weights()[i].copy_(values[i]);
  }

  Parameters parameters_;
};

TEST_P(OptimizerTest, FindsTheValley) {
  Optimizer optimizer(GetParam(), parameters_, /*seed=*/3);
  const double before = Loss();
  Run(&optimizer, 200);
  EXPECT_LT(Loss(), before / 5);
}

// Seven updates, state stored, six more = thirteen, in whatever number of threads.
TEST_P(OptimizerTest, StoredStateContinuesBitForBit) {
  Optimizer unbroken(GetParam(), parameters_, /*seed=*/3);
  const std::string path = ::testing::TempDir() + "/memory.safetensors";
  Run(&unbroken, 7);
  ASSERT_TRUE(WriteSafetensors(path, unbroken.State(), {}).ok());
  const std::vector<at::Tensor> stored = CopiesOf(Weights());
  Run(&unbroken, 6);
  const std::vector<at::Tensor> expected = CopiesOf(Weights());
  SetWeights(stored);
  Optimizer continued(GetParam(), parameters_, /*seed=*/3, /*threads=*/3);
  ASSERT_TRUE(continued.Restore(**SafetensorsFile::Open(path), /*steps=*/0).ok());
  Run(&continued, 6);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(Weights()[i].equal(expected[i])) << parameters_.entries()[i].name;
  }
}

// All of `state`, names and numbers.
std::string Bytes(const std::map<std::string, TensorView>& state) {
  std::string bytes;
  for (const auto& [name, view] : state) absl::StrAppend(&bytes, name, view.bytes);
  return bytes;
}

OptimizerConfig Config(OptimizerConfig::Kind kind, double learning_rate) {
  OptimizerConfig config;
  config.set_kind(kind);
  config.set_learning_rate(learning_rate);
  config.set_weight_decay(0.001);
  config.set_hessian_every_steps(2);
  config.set_shampoo_every_steps(3);
  config.set_agd_gain(0.05);
  return config;
}

std::vector<OptimizerConfig> Configs() {
  std::vector<OptimizerConfig> configs = {
      Config(OptimizerConfig::MUON, 0.05),       Config(OptimizerConfig::ADAMW, 0.05),
      Config(OptimizerConfig::ADAM, 0.05),       Config(OptimizerConfig::RADAM, 0.05),
      Config(OptimizerConfig::ADAMW_SCALE, 0.1), Config(OptimizerConfig::SGD, 0.003),
      Config(OptimizerConfig::LION, 0.01),       Config(OptimizerConfig::ADAFACTOR, 0.02),
      Config(OptimizerConfig::SOPHIA, 0.02),     Config(OptimizerConfig::SHAMPOO, 0.05),
      Config(OptimizerConfig::AGD, 0.05),
  };
  // Where neighbours of a number cancel its own curvature, Hutchinson's estimate of it can be 0.
  configs.push_back(Config(OptimizerConfig::ADAHESSIAN, 0.05));
  configs.back().set_epsilon(1);
  configs.push_back(Config(OptimizerConfig::ADAMW, 0.05));
  configs.back().set_sam_rho(0.01);
  configs.push_back(Config(OptimizerConfig::SGD, 0.5));
  configs.back().set_layerwise(OptimizerConfig::LARS);
  configs.push_back(Config(OptimizerConfig::SGD, 0.01));
  configs.back().set_layerwise(OptimizerConfig::LARC);
  configs.push_back(Config(OptimizerConfig::ADAM, 0.05));
  configs.back().set_amsgrad(true);
  return configs;
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerTest, ::testing::ValuesIn(Configs()), [](const auto& info) {
  std::string name = OptimizerConfig::Kind_Name(info.param.kind());
  if (info.param.sam_rho() > 0) name += "_SAM";
  if (info.param.amsgrad()) name += "_AMSGRAD";
  if (info.param.layerwise() != OptimizerConfig::NONE) {
    name += "_" + OptimizerConfig::Layerwise_Name(info.param.layerwise());
  }
  return name;
});

class StateTest : public OptimizerTest {};

// The gradients of a step are finite, those of its second pass are not: the step is as if it had not been.
TEST_F(StateTest, ASecondPassThatIsNotFiniteMovesNothing) {
  OptimizerConfig sam = Config(OptimizerConfig::ADAMW, 0.05);
  sam.set_sam_rho(0.01);
  for (const OptimizerConfig& config :
       {sam, Config(OptimizerConfig::SOPHIA, 0.05), Config(OptimizerConfig::ADAHESSIAN, 0.05)}) {
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      SCOPED_TRACE(config.ShortDebugString());
      const std::vector<at::Tensor> start = CopiesOf(Weights());
      Optimizer optimizer(config, parameters_, /*seed=*/3);
      const std::string before = Bytes(optimizer.State());
      Loss();
      EXPECT_FALSE(optimizer.Step(/*factor=*/1, [&] {
        Loss();
        parameters_.entries()[1].tensor.mutable_grad()[0][0] = bad;
      }));
      for (size_t i = 0; i < start.size(); ++i) EXPECT_TRUE(Weights()[i].equal(start[i]));
      EXPECT_EQ(Bytes(optimizer.State()), before);
      Loss();
      EXPECT_TRUE(optimizer.Step(/*factor=*/1, [&] { Loss(); }));
      EXPECT_FALSE(Weights()[0].equal(start[0]));
      SetWeights(start);
    }
  }
}

TEST_F(StateTest, OfAnotherModelIsRefused) {
  Optimizer optimizer(OptimizerConfig(), parameters_, /*seed=*/3);
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

// Files from before optimizer.steps was stored: the number of the checkpoint's step counts.
TEST_F(StateTest, WithoutCountTakesTheStep) {
  Optimizer unbroken(OptimizerConfig(), parameters_, /*seed=*/3);
  Run(&unbroken, 5);
  std::map<std::string, TensorView> state = unbroken.State();
  ASSERT_EQ(state.erase("optimizer.steps"), 1u);
  const std::string path = ::testing::TempDir() + "/old.safetensors";
  ASSERT_TRUE(WriteSafetensors(path, state, {}).ok());
  const std::vector<at::Tensor> stored = CopiesOf(Weights());
  Run(&unbroken, 1);
  const std::vector<at::Tensor> expected = CopiesOf(Weights());
  SetWeights(stored);
  Optimizer continued(OptimizerConfig(), parameters_, /*seed=*/3);
  ASSERT_TRUE(continued.Restore(**SafetensorsFile::Open(path), 5).ok());
  Run(&continued, 1);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(Weights()[i].equal(expected[i]));
}

// SGD with the gradient at w + rho g / |g|.
TEST_F(StateTest, SharpnessAwareStepUsesTheGradientUphill) {
  OptimizerConfig config;
  config.set_kind(OptimizerConfig::SGD);
  config.set_momentum(0);
  config.set_weight_decay(0);
  config.set_learning_rate(0.1);
  config.set_sam_rho(0.3);
  config.set_clip_norm(2);
  Loss();
  const std::vector<at::Tensor> start = CopiesOf(Weights());
  const auto gradients = [this] {
    std::vector<at::Tensor> result;
    for (const Parameter& p : parameters_.entries()) result.push_back(p.tensor.grad().clone());
    return result;
  };
  const auto norm = [](const std::vector<at::Tensor>& tensors) {
    double square = 0;
    for (const at::Tensor& t : tensors) square += t.square().sum().item<double>();
    return std::sqrt(square);
  };
  std::vector<at::Tensor> uphill = gradients();
  const double length = norm(uphill);
  for (size_t i = 0; i < start.size(); ++i) Weights()[i].add_(uphill[i], 0.3 / length);
  Loss();
  const std::vector<at::Tensor> there = gradients();
  ASSERT_GT(norm(there), 2) << "so that clipping matters";
  SetWeights(start);
  Loss();
  Optimizer optimizer(config, parameters_, /*seed=*/3);
  optimizer.Step(1, [this] { Loss(); });
  for (size_t i = 0; i < start.size(); ++i) {
    const at::Tensor expected = start[i] - there[i] * (0.1 * 2 / norm(there));
    EXPECT_LE((Weights()[i] - expected).abs().max().item<double>(), 1e-5);
  }
}

}  // namespace
}  // namespace tally
