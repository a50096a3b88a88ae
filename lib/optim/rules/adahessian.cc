// AdaHessian: Yao et al. 2021, arXiv 2006.00719, algorithm 1: Adam with Hutchinson's estimate d of the Hessian's
// diagonal (lib/optim/rules/gradients.h) in the place of the gradient in the second moment, without spatial
// averaging, every hessian_every_steps updates. With n estimates so far:
//
//   m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) d^2
//   w -= lr decay w; w -= lr m / (1 - beta1^t) / ((v / (1 - beta2^n))^(power / 2) + eps)
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class AdaHessian : public UpdateRule {
 public:
  explicit AdaHessian(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"adahessian.mean", at::zeros_like(weight)}, {"adahessian.square", at::zeros_like(weight)}};
  }

  bool NeedsCurvature(int64_t step) const override { return (step - 1) % config_.hessian_every_steps() == 0; }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const double learning_rate = factor * config_.learning_rate();
    const int64_t estimates = (step - 1) / config_.hessian_every_steps() + 1;
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &weight = group->weights[i], &mean = group->memory[0][i], &square = group->memory[1][i];
      UpdateMean(mean, group->grads[i], config_.beta1());
      if (NeedsCurvature(step)) UpdateSquare(square, group->curvatures[i], config_.beta2());
      const at::Tensor size = (square / WeightOfMean(config_.beta2(), estimates)).pow_(config_.hessian_power() / 2);
      Decay(weight, learning_rate, group->weight_decay);
      weight.addcdiv_(mean, size.add(config_.epsilon()), -learning_rate / WeightOfMean(config_.beta1(), step));
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeAdaHessian(const OptimizerConfig& config) {
  return std::make_unique<AdaHessian>(config);
}

}  // namespace tally
