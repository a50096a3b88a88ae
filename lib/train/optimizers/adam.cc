// AdamW: Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2, as LibTorch's fused kernel has it.
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include "lib/train/optimizers/update_rule.h"

namespace tally {
namespace {

class Adam : public UpdateRule {
 public:
  explicit Adam(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"adamw.mean", at::zeros_like(weight)}, {"adamw.square", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const at::Tensor number =
        at::full({}, static_cast<double>(step), group->weights[0].options().dtype(at::kFloat).requires_grad(false));
    const std::vector<at::Tensor> steps(group->weights.size(), number);
    at::_fused_adamw_(group->weights, group->grads, group->memory[0], group->memory[1], /*max_exp_avg_sqs=*/{}, steps,
                      factor * config_.learning_rate(), config_.beta1(), config_.beta2(), group->weight_decay,
                      config_.epsilon(), /*amsgrad=*/false, /*maximize=*/false);
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeAdam(const OptimizerConfig& config) { return std::make_unique<Adam>(config); }

}  // namespace tally
