// Shampoo: Gupta, Koren and Singer 2018, arXiv 1802.09568, algorithm 1 for matrices, with running means, and with the
// step length of Adam ("grafting", Anil et al. 2021, arXiv 2002.09018, section 3). For a gradient g [rows, cols]:
//
//   left = beta2 left + (1 - beta2) g g', right = beta2 right + (1 - beta2) g' g
//   every shampoo_every_steps updates: P = root(left), Q = root(right), where root(x) = (x / (1 - beta2^t))^(-1/4) with
//   eigenvalues raised by 1e-6 of the largest
//   m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2; a = Adam's update from m and v
//   d = P m Q; w -= lr decay w; w -= lr |a| / |d| d
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

constexpr int64_t kMaxSide = 1024;  // of a matrix whose roots can be taken in reasonable time

// sum^(-1/4) for a sum of squares [n, n], in double precision.
at::Tensor Root(const at::Tensor& sum) {
  const auto [values, vectors] = at::linalg_eigh(sum.to(at::kDouble));
  const at::Tensor raised = values.clamp_min(0) + (values.max() * 1e-6 + 1e-30);
  return (vectors * raised.pow_(-0.25)).mm(vectors.t()).to(sum.scalar_type());
}

class Shampoo : public UpdateRule {
 public:
  explicit Shampoo(const OptimizerConfig& config) : config_(config) {}

  bool Fits(const Parameter& parameter) const override {
    return parameter.role == ParameterRole::kHiddenMatrix &&
           std::max(parameter.tensor.size(0), parameter.tensor.size(1)) <= kMaxSide;
  }

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    const at::TensorOptions options = weight.options().requires_grad(false);
    const int64_t rows = weight.size(0), columns = weight.size(1);
    return {
        {"shampoo.mean", at::zeros_like(weight)},           {"shampoo.square", at::zeros_like(weight)},
        {"shampoo.left", at::zeros({rows, rows}, options)}, {"shampoo.right", at::zeros({columns, columns}, options)},
        {"shampoo.left_root", at::eye(rows, options)},      {"shampoo.right_root", at::eye(columns, options)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const double learning_rate = factor * config_.learning_rate();
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &weight = group->weights[i], &mean = group->memory[0][i];
      const double adam_length = AdamLength(*group, i, step);
      UpdateRoots(*group, i, step);
      const at::Tensor direction = group->memory[4][i].mm(mean).mm(group->memory[5][i]);
      const double length = direction.norm().item<double>();
      Decay(weight, learning_rate, group->weight_decay);
      if (length > 0) weight.add_(direction, -learning_rate * adam_length / length);
    }
  }

 private:
  // Takes in the gradient; the L2 norm of the update that Adam would make for a learning rate of 1.
  double AdamLength(const ParameterGroup& group, size_t i, int64_t step) const {
    const at::Tensor &mean = group.memory[0][i], &square = group.memory[1][i];
    UpdateMean(mean, group.grads[i], config_.beta1());
    UpdateSquare(square, group.grads[i], config_.beta2());
    const at::Tensor root = (square / WeightOfMean(config_.beta2(), step)).sqrt_();
    return (mean / root.add_(config_.epsilon())).norm().item<double>() / WeightOfMean(config_.beta1(), step);
  }

  void UpdateRoots(const ParameterGroup& group, size_t i, int64_t step) const {
    const at::Tensor &grad = group.grads[i], &left = group.memory[2][i], &right = group.memory[3][i];
    const double beta = config_.beta2(), weight = WeightOfMean(beta, step);
    left.mul_(beta).addmm_(grad, grad.t(), /*beta=*/1, /*alpha=*/1 - beta);
    right.mul_(beta).addmm_(grad.t(), grad, /*beta=*/1, /*alpha=*/1 - beta);
    if ((step - 1) % config_.shampoo_every_steps() != 0) return;
    group.memory[4][i].copy_(Root(left / weight));
    group.memory[5][i].copy_(Root(right / weight));
  }

  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeShampoo(const OptimizerConfig& config) { return std::make_unique<Shampoo>(config); }

}  // namespace tally
