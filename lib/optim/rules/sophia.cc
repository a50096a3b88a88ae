// Sophia-H: Liu et al. 2023, arXiv 2305.14342, algorithm 3, with Hutchinson's estimate of the Hessian's diagonal d
// (lib/optim/rules/gradients.h) every hessian_every_steps updates:
//
//   m = beta1 m + (1 - beta1) g; h = beta2 h + (1 - beta2) d; w -= lr decay w; w -= lr clip(m / max(gamma h, eps), 1)
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class Sophia : public UpdateRule {
 public:
  explicit Sophia(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"sophia.mean", at::zeros_like(weight)}, {"sophia.hessian", at::zeros_like(weight)}};
  }

  bool NeedsCurvature(int64_t step) const override { return (step - 1) % config_.hessian_every_steps() == 0; }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const double learning_rate = factor * config_.learning_rate();
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &weight = group->weights[i], &mean = group->memory[0][i], &hessian = group->memory[1][i];
      UpdateMean(mean, group->grads[i], config_.beta1());
      if (NeedsCurvature(step)) UpdateMean(hessian, group->curvatures[i], config_.beta2());
      const at::Tensor update = mean / (hessian * config_.sophia_gamma()).clamp_min_(config_.epsilon());
      Decay(weight, learning_rate, group->weight_decay);
      weight.add_(update.clamp(-1, 1), -learning_rate);
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeSophia(const OptimizerConfig& config) { return std::make_unique<Sophia>(config); }

}  // namespace tally
