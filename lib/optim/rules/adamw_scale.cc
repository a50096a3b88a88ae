// AdamWScale: AdamW whose steps are as large as the parameter they move, by its root mean square, as Adafactor has it
// (Nawrot 2023, nanoT5, arXiv 2309.02373, section 3):
//
//   w -= lr max(1e-3, rms(w)) sqrt(1 - beta2^t) / (1 - beta1^t) mean / (sqrt(square) + eps), then w -= lr decay w
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class AdamWScale : public UpdateRule {
 public:
  explicit AdamWScale(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"adamw_scale.mean", at::zeros_like(weight)}, {"adamw_scale.square", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const double learning_rate = factor * config_.learning_rate();
    const double correction = std::sqrt(WeightOfMean(config_.beta2(), step)) / WeightOfMean(config_.beta1(), step);
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &weight = group->weights[i], &mean = group->memory[0][i], &square = group->memory[1][i];
      UpdateMean(mean, group->grads[i], config_.beta1());
      UpdateSquare(square, group->grads[i], config_.beta2());
      const double scale = std::max(1e-3, RootMeanSquare(weight));
      weight.addcdiv_(mean, square.sqrt().add_(config_.epsilon()), -learning_rate * correction * scale);
      Decay(weight, learning_rate, group->weight_decay);
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeAdamWScale(const OptimizerConfig& config) {
  return std::make_unique<AdamWScale>(config);
}

}  // namespace tally
