// Lion: Chen et al. 2023, arXiv 2302.06675, algorithm 2:
//
//   w -= lr (sign(beta1 m + (1 - beta1) g) + decay w); m = beta2 m + (1 - beta2) g
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class Lion : public UpdateRule {
 public:
  explicit Lion(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"lion.momentum", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t /*step*/) const override {
    const double learning_rate = factor * config_.learning_rate();
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &weight = group->weights[i], &momentum = group->memory[0][i], &grad = group->grads[i];
      Decay(weight, learning_rate, group->weight_decay);
      weight.add_(momentum.lerp(grad, 1 - config_.beta1()).sign_(), -learning_rate);
      UpdateMean(momentum, grad, config_.beta2());
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeLion(const OptimizerConfig& config) { return std::make_unique<Lion>(config); }

}  // namespace tally
