// Muon: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". For a gradient g [rows, cols]:
//
//   m = beta m + (1 - beta) g
//   w = w (1 - lr decay) - lr sqrt(max(1, rows / cols)) Orthogonalise((1 - beta) g + beta m)       (Nesterov)
#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class Muon : public UpdateRule {
 public:
  explicit Muon(const OptimizerConfig& config) : config_(config) {}

  bool Fits(const Parameter& parameter) const override { return parameter.role == ParameterRole::kHiddenMatrix; }

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"muon.momentum", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t /*step*/) const override {
    const double beta = config_.muon_momentum(), learning_rate = factor * config_.muon_learning_rate();
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &grad = group->grads[i], &momentum = group->memory[0][i], &weight = group->weights[i];
      momentum.lerp_(grad, 1 - beta);
      const double shape = std::max(1.0, static_cast<double>(grad.size(0)) / grad.size(1));
      weight.mul_(1 - learning_rate * group->weight_decay);
      weight.add_(Orthogonalise(grad.lerp(momentum, beta)), -learning_rate * std::sqrt(shape));
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

at::Tensor Orthogonalise(const at::Tensor& matrix) {
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = tall ? matrix.t() : matrix;
  x = x / (x.norm() + 1e-7);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor a = x.mm(x.t());
    const at::Tensor b = at::addmm(a, a, a, /*beta=*/-4.7750, /*alpha=*/2.0315);
    x = at::addmm(x, b, x, /*beta=*/3.4445);
  }
  return tall ? x.t() : x;
}

std::unique_ptr<UpdateRule> MakeMuon(const OptimizerConfig& config) { return std::make_unique<Muon>(config); }

}  // namespace tally
