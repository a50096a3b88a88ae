// SGD with momentum: Sutskever et al. 2013 ("On the importance of initialization and momentum in deep learning") in
// PyTorch's form, by LibTorch's fused kernel; weight decay is added to the gradient:
//
//   m = momentum m + g; w -= lr m, or, Nesterov, w -= lr (g + momentum m)
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros_like.h>

#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class Sgd : public UpdateRule {
 public:
  explicit Sgd(const OptimizerConfig& config) : config_(config) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    if (config_.momentum() == 0) return {};
    return {{"sgd.momentum", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t /*step*/) const override {
    const bool remembers = config_.momentum() > 0;
    at::_fused_sgd_(group->weights, group->grads, remembers ? at::TensorList(group->memory[0]) : at::TensorList(),
                    group->weight_decay, config_.momentum(), factor * config_.learning_rate(), /*dampening=*/0,
                    remembers && config_.nesterov(), /*maximize=*/false, /*is_first_step=*/false);
  }

 private:
  const OptimizerConfig& config_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeSgd(const OptimizerConfig& config) { return std::make_unique<Sgd>(config); }

}  // namespace tally
