#include "lib/optim/device_update.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace tally {
namespace {

// The tensors of `list` become views of one, which holds their numbers one after another.
at::Tensor Joined(const std::vector<at::Tensor>& list) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& tensor : list) parts.push_back(tensor.flatten());
  const at::Tensor all = at::cat(parts);
  int64_t begin = 0;
  for (const at::Tensor& tensor : list) {
    tensor.set_data(all.narrow(0, begin, tensor.numel()).view(tensor.sizes()));  // all that share the tensor see it
    begin += tensor.numel();
  }
  return all;
}

at::Tensor Counter(int64_t value, const at::Tensor& beside) {
  return at::full({}, static_cast<double>(value), beside.options().dtype(at::kDouble).requires_grad(false));
}

}  // namespace

bool ServesOnDevice(const OptimizerConfig& config, const Optimizer& optimizer) {
  if (config.sam_rho() > 0 || config.layerwise() != OptimizerConfig::NONE) return false;
  const std::vector<Optimizer::RuleGroup> groups = optimizer.Groups();
  return std::all_of(groups.begin(), groups.end(), [](const auto& g) { return g.rule->HasDeviceForm(); });
}

DeviceUpdate::DeviceUpdate(const OptimizerConfig& config, Optimizer* optimizer, Ema* ema, at::ScalarType products,
                           int64_t numbers)
    : config_(config), optimizer_(optimizer), ema_(ema), products_(products), groups_(optimizer->Groups()) {
  const at::NoGradGuard no_grad;
  int64_t count = 0, begin = 0;
  for (const auto& [rule, group] : groups_) {
    for (const at::Tensor& weight : group.weights) count += weight.numel();
  }
  const at::Tensor& any = groups_[0].group.weights[0];
  sums_ = at::zeros({count + numbers}, any.options().requires_grad(false));
  grads_ = sums_.narrow(0, 0, count);
  numbers_ = sums_.narrow(0, count, numbers);
  updates_ = Counter(optimizer->steps(), any);
  if (ema != nullptr) averaged_ = Counter(ema->steps(), any);
  for (auto& [rule, group] : groups_) {
    const int64_t first = begin;
    for (const at::Tensor& weight : group.weights) {
      group.grads.push_back(grads_.narrow(0, begin, weight.numel()).view(weight.sizes()));
      weight.mutable_grad() = group.grads.back();
      begin += weight.numel();
    }
    group.flat_grads = grads_.narrow(0, first, begin - first);
    for (const std::vector<at::Tensor>& memory : group.memory) group.flat_memory.push_back(Joined(memory));
  }
}

at::Tensor DeviceUpdate::Run(const at::Tensor& factor) {
  const at::NoGradGuard no_grad;
  const at::Tensor norm = Clip();
  const at::Tensor is_finite = at::isfinite(norm + numbers_[0]);
  grads_.masked_fill_(is_finite.logical_not(), 0);
  const at::Tensor finite = is_finite.to(at::kFloat);
  const DeviceStepNumbers step = {factor, (updates_ + 1).to(at::kFloat), finite, (1 - finite).view({1}), products_};
  for (auto& [rule, group] : groups_) rule->UpdateOnDevice(&group, step);
  updates_.add_(is_finite);
  if (ema_ != nullptr) Average(finite);
  sums_.zero_();
  return norm;
}

// Gradients as ClipGradients leaves them (gradient_scale.h); their norm before.
at::Tensor DeviceUpdate::Clip() {
  const at::Tensor norm = grads_.norm();
  at::Tensor cut_norm = norm;
  if (config_.clip_value() > 0) {
    grads_.clamp_(-config_.clip_value(), config_.clip_value());
    cut_norm = grads_.norm();
  }
  if (config_.clip_norm() > 0) grads_.mul_(at::clamp(config_.clip_norm() / (cut_norm + 1e-6), std::nullopt, 1));
  return norm;
}

// As Ema::Update.
void DeviceUpdate::Average(const at::Tensor& finite) {
  const at::Tensor decay = at::clamp((averaged_ + 1) / (averaged_ + 10), std::nullopt, ema_->decay());
  const at::Tensor weight = (1 - decay).to(at::kFloat) * finite;
  for (size_t i = 0; i < ema_->averages().size(); ++i) ema_->averages()[i].lerp_(ema_->weights()[i], weight);
  averaged_.add_(finite);
}

void DeviceUpdate::Count(bool finite) {
  if (!finite) return;
  optimizer_->CountStep();
  if (ema_ != nullptr) ema_->CountUpdate();
}

}  // namespace tally
