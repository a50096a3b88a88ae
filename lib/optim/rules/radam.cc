// RAdam: Liu et al. 2020, arXiv 1908.03265, algorithm 2, as PyTorch has it: weight decay is added to the gradient, and
// epsilon to the uncorrected root of the second moment. With r the length of the average of squares (section 4.3):
//
//   r_max = 2 / (1 - beta2) - 1, r = r_max - 2 t beta2^t / (1 - beta2^t)
//   r > 5:  w -= lr c mean / (1 - beta1^t) sqrt(1 - beta2^t) / (sqrt(square) + eps),
//           c = sqrt((r - 4) (r - 2) r_max / ((r_max - 4) (r_max - 2) r))
//   else:   w -= lr mean / (1 - beta1^t)
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "lib/optim/rules/rule_math.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

// The factor c sqrt(1 - beta2^t); 0 where the variance is not yet known well enough to divide by it.
double Rectification(double beta2, int64_t step) {
  const double longest = 2 / (1 - beta2) - 1, weight = WeightOfMean(beta2, step);
  const double length = longest - 2 * static_cast<double>(step) * (1 - weight) / weight;
  if (length <= 5) return 0;
  return std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length) * weight);
}

class RAdam : public UpdateRule {
 public:
  explicit RAdam(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"radam.mean", at::zeros_like(weight)}, {"radam.square", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const double rate = factor * config_.learning_rate() / WeightOfMean(config_.beta1(), step);
    const double rectification = Rectification(config_.beta2(), step);
    for (size_t i = 0; i < group->weights.size(); ++i) {
      const at::Tensor &weight = group->weights[i], &mean = group->memory[0][i], &square = group->memory[1][i];
      const at::Tensor grad = group->grads[i].add(weight, group->weight_decay);
      UpdateMean(mean, grad, config_.beta1());
      UpdateSquare(square, grad, config_.beta2());
      if (rectification > 0) {
        weight.addcdiv_(mean, square.sqrt().add_(config_.epsilon()), -rate * rectification);
      } else {
        weight.add_(mean, -rate);
      }
    }
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeRAdam(const OptimizerConfig& config) { return std::make_unique<RAdam>(config); }

}  // namespace tally
