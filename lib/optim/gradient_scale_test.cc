#include "lib/optim/gradient_scale.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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

constexpr double kFirst = 65536;

class LossScaleTest : public ::testing::Test {
 protected:
  LossScaleTest() : parameters_(/*seed=*/0) {
    first_ = parameters_.Add("first", ParameterRole::kMatrix, {2, 3}, Init::Constant(1));
    second_ = parameters_.Add("second", ParameterRole::kMatrix, {4}, Init::Constant(1));
    unused_ = parameters_.Add("unused", ParameterRole::kMatrix, {1}, Init::Constant(1));
  }

  void SetGradients(double first, double second) {
    first_.mutable_grad() = at::full({2, 3}, first, at::kFloat);
    second_.mutable_grad() = at::full({4}, second, at::kFloat);
  }

  Parameters parameters_;
  at::Tensor first_, second_, unused_;
  double number_ = kFirst;
  int64_t good_steps_ = 0;
  LossScale scale_{&number_, &good_steps_};
};

TEST_F(LossScaleTest, GradientsComeBackUnscaled) {
  SetGradients(3 * scale_.scale(), -scale_.scale());
  EXPECT_TRUE(scale_.Unscale(parameters_));
  EXPECT_TRUE(first_.grad().equal(at::full({2, 3}, 3, at::kFloat)));
  EXPECT_TRUE(second_.grad().equal(at::full({4}, -1, at::kFloat)));
  EXPECT_EQ(scale_.scale(), kFirst);
}

TEST_F(LossScaleTest, WhatIsNotFiniteHalvesTheScale) {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    const double before = scale_.scale();
    SetGradients(1, bad);
    EXPECT_FALSE(scale_.Unscale(parameters_));
    EXPECT_EQ(scale_.scale(), before / 2);
  }
}

TEST_F(LossScaleTest, TheScaleGrowsAfterManyGoodStepsInARow) {
  SetGradients(1, 1);
  for (int64_t i = 0; i + 1 < LossScale::kGrowthInterval; ++i) ASSERT_TRUE(scale_.Unscale(parameters_));
  SetGradients(1, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(scale_.Unscale(parameters_));  // the count begins anew
  SetGradients(1, 1);
  for (int64_t i = 0; i + 1 < LossScale::kGrowthInterval; ++i) ASSERT_TRUE(scale_.Unscale(parameters_));
  EXPECT_EQ(scale_.scale(), kFirst / 2);
  ASSERT_TRUE(scale_.Unscale(parameters_));
  EXPECT_EQ(scale_.scale(), kFirst);
}

// A run that stops between two steps and goes on with the numbers that it stored scales as one that never stopped.
TEST_F(LossScaleTest, StoredNumbersGoOn) {
  double stored_number = kFirst;
  int64_t stored_good_steps = 0;
  for (int64_t step = 0; step < 3 * LossScale::kGrowthInterval; ++step) {
    const double gradient = step % 2500 == 7 ? std::numeric_limits<double>::infinity() : 1;
    SetGradients(gradient, 1);
    const bool unbroken = scale_.Unscale(parameters_);
    SetGradients(gradient, 1);
    double number = stored_number;
    int64_t good_steps = stored_good_steps;
    ASSERT_EQ(LossScale(&number, &good_steps).Unscale(parameters_), unbroken);
    stored_number = number;
    stored_good_steps = good_steps;
    ASSERT_EQ(stored_number, scale_.scale()) << step;
  }
  EXPECT_NE(stored_number, kFirst);
  EXPECT_NE(stored_good_steps, 0);
}

}  // namespace
}  // namespace tally
