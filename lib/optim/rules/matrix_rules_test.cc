// The rules for matrices against their definitions in double precision.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/optim/optimizer.h"
#include "lib/optim/rules/rule_math.h"

namespace tally {
namespace {

void NoRecompute() { FAIL() << "these rules read a step's gradients once"; }

double Norm(const at::Tensor& tensor) { return tensor.norm().item<double>(); }

// Two matrices of the block with random gradients.
class MatrixRules : public ::testing::Test {
 protected:
  MatrixRules() : parameters_(/*seed=*/7) {
    parameters_.Add("block.layers.0.weight", ParameterRole::kHiddenMatrix, {6, 4}, Init::Normal(1));
    parameters_.Add("block.layers.1.weight", ParameterRole::kHiddenMatrix, {3, 5}, Init::Normal(1));
    config_.set_weight_decay(0.1);
    config_.set_learning_rate(0.05);
    for (const Parameter& p : parameters_.entries()) weights_.push_back(p.tensor.detach().to(at::kDouble));
  }

  // Random gradients, the same for the same `step`; and in double precision.
  std::vector<at::Tensor> Gradients(int step) {
    at::manual_seed(100 + step);
    std::vector<at::Tensor> gradients;
    for (const Parameter& p : parameters_.entries()) {
      p.tensor.mutable_grad() = at::randn(p.tensor.sizes());
      gradients.push_back(p.tensor.grad().to(at::kDouble));
    }
    return gradients;
  }

  // How far the parameters are from weights_.
  double Error() const {
    double error = 0;
    for (size_t i = 0; i < weights_.size(); ++i) {
      error = std::max(error, (parameters_.entries()[i].tensor - weights_[i]).abs().max().item<double>());
    }
    return error;
  }

  Parameters parameters_;
  OptimizerConfig config_;
  std::vector<at::Tensor> weights_;  // what they should be
};

TEST_F(MatrixRules, MuonEqualsItsDefinition) {
  config_.set_muon_learning_rate(0.02);
  Optimizer optimizer(config_, parameters_, /*seed=*/1);
  std::vector<at::Tensor> momenta = {weights_[0] * 0, weights_[1] * 0};
  for (int step = 0; step < 5; ++step) {
    const std::vector<at::Tensor> g = Gradients(step);
    for (size_t i = 0; i < g.size(); ++i) {
      momenta[i] = momenta[i] * 0.95 + g[i] * 0.05;
      const double shape = std::max(1.0, static_cast<double>(g[i].size(0)) / g[i].size(1));
      const at::Tensor direction = Orthogonalise(g[i] * 0.05 + momenta[i] * 0.95);
      weights_[i] = weights_[i] * (1 - 0.01 * 0.1) - direction * (0.01 * std::sqrt(shape));
    }
    optimizer.Step(/*factor=*/0.5, NoRecompute);
    EXPECT_LE(Error(), 1e-5) << "step " << step;
  }
}

// a^(-1/2) by the iteration of Denman and Beavers 1976.
at::Tensor InverseRoot(const at::Tensor& a) {
  at::Tensor y = a, z = at::eye(a.size(0), a.options());
  for (int i = 0; i < 60; ++i) {
    const at::Tensor next = (y + at::linalg_inv(z)) / 2;
    z = (z + at::linalg_inv(y)) / 2;
    y = next;
  }
  return z;
}

// (mean + 1e-6 of the largest eigenvalue)^(-1/4), for a running mean of squares.
at::Tensor FourthRoot(const at::Tensor& mean) {
  const double largest = at::Tensor(at::linalg_svdvals(mean).max()).item<double>();
  const at::Tensor raised = mean + at::eye(mean.size(0), mean.options()) * (1e-6 * largest);
  return InverseRoot(at::linalg_inv(InverseRoot(raised)));
}

TEST_F(MatrixRules, ShampooEqualsItsDefinition) {
  config_.set_kind(OptimizerConfig::SHAMPOO);
  config_.set_shampoo_every_steps(2);
  Optimizer optimizer(config_, parameters_, /*seed=*/1);
  std::vector<at::Tensor> m(2), v(2), left(2), right(2), p(2), q(2);
  for (int t = 1; t <= 5; ++t) {
    const std::vector<at::Tensor> g = Gradients(t);
    for (size_t i = 0; i < g.size(); ++i) {
      const auto mean = [&](at::Tensor* of, const at::Tensor& value, double beta) {
        *of = (of->defined() ? *of * beta : value * 0) + value * (1 - beta);
      };
      mean(&m[i], g[i], 0.9);
      mean(&v[i], g[i].square(), 0.98);
      mean(&left[i], g[i].mm(g[i].t()), 0.98);
      mean(&right[i], g[i].t().mm(g[i]), 0.98);
      const double weight = 1 - std::pow(0.98, t);
      if (t % 2 == 1) p[i] = FourthRoot(left[i] / weight), q[i] = FourthRoot(right[i] / weight);
      const at::Tensor adam = m[i] / (1 - std::pow(0.9, t)) / ((v[i] / weight).sqrt() + 1e-8);
      const at::Tensor d = p[i].mm(m[i]).mm(q[i]);
      weights_[i] = weights_[i] * (1 - 0.05 * 0.1) - d * (0.05 * Norm(adam) / Norm(d));
    }
    optimizer.Step(/*factor=*/1, NoRecompute);
    EXPECT_LE(Error(), 2e-3) << "update " << t;  // first roots: of matrices without full rank, in single precision
  }
}

TEST_F(MatrixRules, AutomaticGradientDescentEqualsItsDefinition) {
  config_.set_kind(OptimizerConfig::AGD);
  config_.set_agd_gain(2);
  Optimizer optimizer(config_, parameters_, /*seed=*/1);
  const double shapes[] = {std::sqrt(6.0 / 4), std::sqrt(3.0 / 5)};
  for (int t = 1; t <= 5; ++t) {
    const std::vector<at::Tensor> g = Gradients(t);
    const double sum = (shapes[0] * Norm(g[0]) + shapes[1] * Norm(g[1])) / 2;
    const double eta = std::log(0.5 * (1 + std::sqrt(1 + 4 * sum)));
    for (size_t i = 0; i < g.size(); ++i) {
      weights_[i] = weights_[i] - g[i] * (0.5 * 2 * eta / 2 * shapes[i] / Norm(g[i]));
    }
    optimizer.Step(/*factor=*/0.5, NoRecompute);
    EXPECT_LE(Error(), 1e-5) << "update " << t;
  }
}

class OrthogonaliseTest : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Precisions, OrthogonaliseTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Bfloat16" : "Float32"; });

TEST_P(OrthogonaliseTest, SingularValuesComeNearOne) {
  const Bfloat16Scope scope(GetParam());
  const double asymmetry = GetParam() ? 3e-2 : 1e-2;
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
    EXPECT_LE((product - product.t()).abs().max().item<double>(), asymmetry * product.abs().max().item<double>());
    EXPECT_GT(at::Tensor(product.trace()).item<double>(), 0);
  }
}

TEST(OrthogonaliseInBfloat16Test, IsThatOfFloat32WithinItsRounding) {
  at::manual_seed(4);
  for (const auto& shape : std::vector<std::vector<int64_t>>{{33, 33}, {96, 32}, {32, 128}}) {
    const at::Tensor matrix = at::randn(shape), expected = Orthogonalise(matrix);
    const Bfloat16Scope scope(true);
    const at::Tensor found = Orthogonalise(matrix);
    EXPECT_FALSE(found.equal(expected));
    EXPECT_LE((found - expected).norm().item<double>(), 0.05 * expected.norm().item<double>());
  }
}

}  // namespace
}  // namespace tally
