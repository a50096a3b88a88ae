#include "lib/optim/clip_gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tally {
namespace {

TEST(ClipGradientsTest, GradientsAreCutToTheirNorm) {
  Parameters parameters(/*seed=*/7);
  parameters.Add("a", ParameterRole::kMatrix, {6, 4}, Init::Normal(1));
  parameters.Add("b", ParameterRole::kMatrix, {3}, Init::Normal(1));
  at::manual_seed(5);
  double square = 0;
  for (const Parameter& p : parameters.entries()) {
    p.tensor.mutable_grad() = at::randn(p.tensor.sizes());
    square += p.tensor.grad().square().sum().item<double>();
  }
  const double norm = std::sqrt(square);
  const auto clip = [&](double max_norm) {
    OptimizerConfig config;
    config.set_clip_norm(max_norm);
    return ClipGradients(parameters, config);
  };
  EXPECT_NEAR(clip(0), norm, 1e-5);
  EXPECT_NEAR(clip(norm + 1), norm, 1e-5);
  EXPECT_NEAR(clip(0.5), norm, 1e-5);
  EXPECT_NEAR(clip(0), 0.5, 1e-5);
}

TEST(ClipGradientsTest, ValuesAreCutBeforeTheNorm) {
  Parameters parameters(/*seed=*/7);
  parameters.Add("a", ParameterRole::kMatrix, {2}, Init::Constant(0));
  at::Tensor grad = at::tensor({-3.0f, 4.0f});
  parameters.Find("a")->tensor.mutable_grad() = grad;
  OptimizerConfig config;
  config.set_clip_norm(0);
  config.set_clip_value(2);
  EXPECT_NEAR(ClipGradients(parameters, config), 5, 1e-5) << "the norm before clipping";
  EXPECT_TRUE(grad.equal(at::tensor({-2.0f, 2.0f})));
  config.set_clip_norm(1);
  EXPECT_NEAR(ClipGradients(parameters, config), std::sqrt(8.0), 1e-5);
  EXPECT_NEAR(grad[1].item<double>(), std::sqrt(0.5), 1e-5);
}

}  // namespace
}  // namespace tally
