// Gradients at other points, on losses whose derivatives are known.
#include "lib/optim/rules/gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tally {
namespace {

// w' A w / 2, A symmetric.
class Quadratic {
 public:
  Quadratic() {
    at::manual_seed(3);
    const at::Tensor a = at::randn({5, 5});
    matrix_ = a.mm(a.t()) + a.t() + a;
    weight_ = at::randn({5}).requires_grad_(true);
    Recompute();
  }

  void Recompute() {
    const at::NoGradGuard no_grad;
    weight_.mutable_grad() = matrix_.mv(weight_);
    ++calls_;
  }

  at::Tensor matrix_, weight_;
  int calls_ = 0;
};

TEST(GradientsTest, MeanIsTheDiagonal) {
  Quadratic q;
  const at::Tensor start = q.weight_.detach().clone(), grad = q.weight_.grad().clone();
  at::Tensor sum = start * 0;
  const int draws = 3000;
  for (int step = 0; step < draws; ++step) {
    sum += EstimateCurvature({q.weight_}, 1e-3, /*seed=*/5, step, [&] { q.Recompute(); })[0];
  }
  const at::Tensor diagonal = q.matrix_.diagonal();
  // The variance of one draw is the sum of the squares beside the diagonal.
  const at::Tensor sigma = (q.matrix_.square().sum(1) - diagonal.square()).sqrt_() / std::sqrt(draws);
  EXPECT_LE(((sum / draws - diagonal).abs() / sigma).max().item<double>(), 4);
  EXPECT_TRUE(q.weight_.equal(start)) << "weights are as before";
  EXPECT_TRUE(q.weight_.grad().equal(grad)) << "gradients are as before";
  EXPECT_EQ(q.calls_, 1 + 2 * draws);
}

// Central differences are exact for a quadratic, up to rounding: about 6e-8 |g| / h.
TEST(GradientsTest, ErrorOfTheDifference) {
  Quadratic q;
  for (const double distance : {1e-1, 1e-2, 1e-3}) {
    const at::Tensor estimate = EstimateCurvature({q.weight_}, distance, 5, 1, [&] { q.Recompute(); })[0];
    const at::Tensor exact = EstimateCurvature({q.weight_}, 1, 5, 1, [&] { q.Recompute(); })[0];
    const double rounding = 1e-6 * q.weight_.grad().norm().item<double>() / distance;
    EXPECT_LE((estimate - exact).abs().max().item<double>(), rounding) << distance;
  }
}

// The gradient x^3 has the second difference 3 x^2 + h^2: h^2 / 6 times the fourth derivative 6.
TEST(GradientsTest, TruncationGrowsWithTheSquareOfTheDistance) {
  const at::Tensor x = at::tensor({1.0f, -2.0f}).requires_grad_(true);
  const auto recompute = [&] {
    const at::NoGradGuard no_grad;
    x.mutable_grad() = x.pow(3);
  };
  recompute();
  for (const double distance : {0.1, 0.01}) {
    const at::Tensor estimate = EstimateCurvature({x}, distance, 5, 1, recompute)[0];
    EXPECT_NEAR(estimate[0].item<double>(), 3 + distance * distance, 2e-4);
    EXPECT_NEAR(estimate[1].item<double>(), 12 + distance * distance, 2e-3);
  }
}

TEST(GradientsTest, SignsDependOnSeedAndStep) {
  Quadratic q;
  const auto estimate = [&](uint64_t seed, int64_t step) {
    return EstimateCurvature({q.weight_}, 1e-2, seed, step, [&] { q.Recompute(); })[0];
  };
  EXPECT_TRUE(estimate(1, 2).equal(estimate(1, 2)));
  EXPECT_FALSE(estimate(1, 2).equal(estimate(1, 3)));
  EXPECT_FALSE(estimate(1, 2).equal(estimate(2, 2)));
}

TEST(GradientsTest, UphillIsAtDistanceRho) {
  Quadratic q;
  const at::Tensor start = q.weight_.detach().clone(), grad = q.weight_.grad().clone();
  GradientsAtPerturbedWeights({q.weight_}, 0.5, [&] { q.Recompute(); });
  const at::Tensor expected = q.matrix_.mv(start + grad * (0.5 / grad.norm().item<double>()));
  EXPECT_LE((q.weight_.grad() - expected).abs().max().item<double>(), 1e-4);
  EXPECT_TRUE(q.weight_.equal(start));
}

}  // namespace
}  // namespace tally
