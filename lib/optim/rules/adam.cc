// AdamW: Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2. Adam: Kingma and Ba 2015, arXiv 1412.6980,
// algorithm 1, with weight decay added to the gradient. AMSGrad: Reddi, Kale and Kumar 2018, arXiv 1904.09237. All by
// LibTorch's fused kernels.
#include <ATen/TensorOperators.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

class Adam : public UpdateRule {
 public:
  Adam(const OptimizerConfig& config, bool decoupled) : config_(config), decoupled_(decoupled) {}

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    const std::string name = decoupled_ ? "adamw" : "adam";
    std::vector<Memory> memory = {{absl::StrCat(name, ".mean"), at::zeros_like(weight)},
                                  {absl::StrCat(name, ".square"), at::zeros_like(weight)}};
    if (config_.amsgrad()) memory.push_back({absl::StrCat(name, ".max_square"), at::zeros_like(weight)});
    return memory;
  }

  void Update(ParameterGroup* group, double factor, int64_t step) const override {
    const at::Tensor number =
        at::full({}, static_cast<double>(step), group->weights[0].options().dtype(at::kFloat).requires_grad(false));
    Move(group, number, factor * config_.learning_rate(), {});
  }

  bool HasDeviceForm() const override { return true; }

  void UpdateOnDevice(ParameterGroup* group, const DeviceStepNumbers& step) const override {
    Move(group, step.number, step.factor * config_.learning_rate(), step.found_inf);
  }

 private:
  // `rate` is a number, or a tensor.
  template <typename Rate>
  void Move(ParameterGroup* group, const at::Tensor& number, const Rate& rate,
            const std::optional<at::Tensor>& found_inf) const {
    const std::vector<at::Tensor> numbers(group->weights.size(), number);
    const at::TensorList largest = config_.amsgrad() ? at::TensorList(group->memory[2]) : at::TensorList();
    const auto update = [&](auto fused) {
      fused(group->weights, group->grads, group->memory[0], group->memory[1], largest, numbers, rate, config_.beta1(),
            config_.beta2(), group->weight_decay, config_.epsilon(), config_.amsgrad(), /*maximize=*/false,
            /*grad_scale=*/std::nullopt, found_inf);
    };
    if (decoupled_) {
      update([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
    } else {
      update([](auto&&... arguments) { at::_fused_adam_(arguments...); });
    }
  }

  const OptimizerConfig& config_;
  const bool decoupled_;
};

}  // namespace

std::unique_ptr<UpdateRule> MakeAdam(const OptimizerConfig& config) { return std::make_unique<Adam>(config, false); }
std::unique_ptr<UpdateRule> MakeAdamW(const OptimizerConfig& config) { return std::make_unique<Adam>(config, true); }

}  // namespace tally
