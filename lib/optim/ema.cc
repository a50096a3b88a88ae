#include "lib/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/model/torch_runtime.h"
#include "lib/optim/state_tensors.h"

namespace tally {
namespace {

constexpr char kSteps[] = "ema.steps";

std::string NameOf(const std::string& parameter) { return absl::StrCat("weights.", parameter); }

}  // namespace

Ema::Ema(double decay, const Parameters& parameters) : decay_(decay) {
  for (const Parameter& parameter : parameters.entries()) {
    if (!parameter.trained) continue;
    names_.push_back(parameter.name);
    weights_.push_back(parameter.tensor.detach());  // shares the parameter's storage
    averages_.push_back(parameter.tensor.detach().clone());
  }
}

void Ema::Update() {
  const at::NoGradGuard no_grad;
  const SerialTorch serial;
  const double decay = std::min(decay_, (1.0 + steps_) / (10.0 + steps_));
  at::_foreach_lerp_(averages_, weights_, 1 - decay);
  ++steps_;
}

void Ema::Swap() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor weight = weights_[i].clone();
    weights_[i].copy_(averages_[i]);
    averages_[i].copy_(weight);
  }
}

absl::Status Ema::Restore(const SafetensorsFile& file) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < names_.size(); ++i) {
    TALLY_RETURN_IF_ERROR(ReadTensor(file, NameOf(names_[i]), averages_[i]));
  }
  TALLY_RETURN_IF_ERROR(ReadNumber(file, kSteps, &steps_));
  Swap();
  return absl::OkStatus();
}

std::map<std::string, TensorView> Ema::Averages::State() {
  copies_.clear();
  std::map<std::string, TensorView> views;
  for (size_t i = 0; i < ema_->names_.size(); ++i) {
    views[NameOf(ema_->names_[i])] = ViewOf(ema_->averages_[i], &copies_);
  }
  views[kSteps] = ViewOf(ema_->steps_);
  return views;
}

}  // namespace tally
