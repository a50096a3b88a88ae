#include "lib/optim/device_update.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "lib/optim/gradient_scale.h"

namespace tally {
namespace {

// Wide and tall matrices, a square one, and what no matrix rule moves.
std::unique_ptr<Parameters> SomeParameters() {
  auto parameters = std::make_unique<Parameters>(/*seed=*/5);
  parameters->Add("a", ParameterRole::kHiddenMatrix, {12, 4}, Init::Normal(1));
  parameters->Add("b", ParameterRole::kHiddenMatrix, {4, 4}, Init::Normal(1));
  parameters->Add("c", ParameterRole::kHiddenMatrix, {4, 9}, Init::Normal(1));
  parameters->Add("d", ParameterRole::kHiddenMatrix, {300, 310}, Init::Normal(1));
  parameters->Add("e", ParameterRole::kMatrix, {3, 5}, Init::Normal(1));
  parameters->Add("f", ParameterRole::kNorm, {7}, Init::Normal(1));
  return parameters;
}

// One of two ways to the same parameters.
struct Learner {
  explicit Learner(const OptimizerConfig& config)
      : parameters(SomeParameters()), optimizer(config, *parameters, /*seed=*/1), ema(0.9, *parameters) {}

  std::unique_ptr<Parameters> parameters;
  Optimizer optimizer;
  Ema ema;
};

// Gradient number `step` of each parameter, large enough to be clipped at some steps; `bad` is put into one of them.
void SetGradients(const Parameters& parameters, int step, double bad = 0) {
  at::manual_seed(step);
  for (const Parameter& parameter : parameters.entries()) {
    const at::Tensor grad = at::randn(parameter.tensor.sizes()) * (step % 2 == 0 ? 1 : 1e-3);
    if (bad != 0 && parameter.name == "e") grad[1][2] = bad;
    if (parameter.tensor.grad().defined()) {
      parameter.tensor.mutable_grad().copy_(grad);
    } else {
      parameter.tensor.mutable_grad() = grad;
    }
  }
}

void ExpectSame(const Learner& device, const Learner& host, double tolerance) {
  for (size_t i = 0; i < host.parameters->entries().size(); ++i) {
    const at::Tensor& a = device.parameters->entries()[i].tensor;
    const at::Tensor& b = host.parameters->entries()[i].tensor;
    EXPECT_LE((a - b).abs().max().item<double>(), tolerance) << host.parameters->entries()[i].name;
    EXPECT_LE((device.ema.averages()[i] - host.ema.averages()[i]).abs().max().item<double>(), tolerance);
  }
  EXPECT_EQ(device.optimizer.steps(), host.optimizer.steps());
  EXPECT_EQ(device.ema.steps(), host.ema.steps());
}

class DeviceUpdateTest : public ::testing::TestWithParam<OptimizerConfig::Kind> {
 protected:
  DeviceUpdateTest() { config_.set_kind(GetParam()); }

  OptimizerConfig config_;
};

TEST_P(DeviceUpdateTest, MovesAsTheHostsUpdateDoes) {
  const at::NoGradGuard no_grad;
  config_.set_clip_value(2);
  Learner device(config_), host(config_);
  ASSERT_TRUE(ServesOnDevice(config_, device.optimizer));
  DeviceUpdate update(config_, &device.optimizer, &device.ema);
  for (int step = 0; step < 8; ++step) {
    const double factor = 1.0 / (step + 1);
    SetGradients(*host.parameters, step);
    const double norm = ClipGradients(*host.parameters, config_);
    ASSERT_TRUE(host.optimizer.Step(factor, [] {}));
    host.ema.Update();
    SetGradients(*device.parameters, step);
    EXPECT_NEAR(update.Run(at::full({}, factor, at::kFloat)).item<double>(), norm, 1e-5 * norm);
    update.Count(true);
    ExpectSame(device, host, 2e-6 * (step + 1));
  }
}

TEST_P(DeviceUpdateTest, AStepThatIsNotFiniteChangesNothing) {
  const at::NoGradGuard no_grad;
  Learner device(config_), host(config_);
  DeviceUpdate update(config_, &device.optimizer, &device.ema);
  const at::Tensor one = at::full({}, 1.0f);
  const auto infinity = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 6; ++step) {
    SetGradients(*device.parameters, step, step == 1 ? std::nan("") : step == 2 ? infinity : 0);
    const bool finite = step != 1 && step != 2 && step != 4;
    if (step == 4) update.numbers()[0].fill_(infinity);
    update.Run(one);
    EXPECT_EQ(update.sums().abs().sum().item<double>(), 0);
    update.Count(finite);
    if (finite) {
      SetGradients(*host.parameters, step);
      ClipGradients(*host.parameters, config_);
      ASSERT_TRUE(host.optimizer.Step(1, [] {}));
      host.ema.Update();
    }
    ExpectSame(device, host, 1e-5);
  }
}

TEST_P(DeviceUpdateTest, GoesOnWithWhatTheOptimizerRemembers) {
  const at::NoGradGuard no_grad;
  Learner device(config_), host(config_);
  for (Learner* const learner : {&device, &host}) {
    SetGradients(*learner->parameters, 0);
    ASSERT_TRUE(learner->optimizer.Step(1, [] {}));
    learner->ema.Update();
  }
  DeviceUpdate update(config_, &device.optimizer, &device.ema);
  SetGradients(*device.parameters, 1);
  update.Run(at::full({}, 1.0f));
  update.Count(true);
  SetGradients(*host.parameters, 1);
  ClipGradients(*host.parameters, config_);
  ASSERT_TRUE(host.optimizer.Step(1, [] {}));
  host.ema.Update();
  ExpectSame(device, host, 5e-6);
  const auto states = {device.optimizer.State(), host.optimizer.State()};  // views of what is remembered
  EXPECT_EQ(states.begin()[0].size(), states.begin()[1].size());
  for (const auto& [name, view] : states.begin()[0]) {
    EXPECT_EQ(view.shape, states.begin()[1].at(name).shape) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, DeviceUpdateTest,
                         ::testing::Values(OptimizerConfig::MUON, OptimizerConfig::ADAMW, OptimizerConfig::ADAM),
                         [](const auto& info) { return OptimizerConfig::Kind_Name(info.param); });

TEST(ServesOnDeviceTest, FurtherPassesNeedTheHost) {
  const auto serves = [](const OptimizerConfig& config) {
    return ServesOnDevice(config, Optimizer(config, *SomeParameters(), /*seed=*/1));
  };
  OptimizerConfig config;
  EXPECT_TRUE(serves(config));
  config.set_sam_rho(0.1);
  EXPECT_FALSE(serves(config));
  config.clear_sam_rho();
  config.set_layerwise(OptimizerConfig::LARS);
  EXPECT_FALSE(serves(config));
  config.clear_layerwise();
  config.set_kind(OptimizerConfig::LION);
  EXPECT_FALSE(serves(config));
}

}  // namespace
}  // namespace tally
