#include "lib/train/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr char kSteps[] = "optimizer.steps";

// The rule of the configuration, and AdamW for what it does not fit.
std::vector<std::unique_ptr<UpdateRule>> RulesOf(const OptimizerConfig& config) {
  std::vector<std::unique_ptr<UpdateRule>> rules;
  if (config.kind() == OptimizerConfig::MUON) rules.push_back(MakeMuon(config));
  rules.push_back(MakeAdam(config));
  return rules;
}

// A parameter that had no part in the loss stands still or coasts.
at::Tensor GradientOf(const at::Tensor& weight) {
  return weight.grad().defined() ? weight.grad() : at::zeros_like(weight);
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const Parameters& parameters)
    : config_(config), rules_(RulesOf(config_)) {
  const at::NoGradGuard no_grad;
  for (const Parameter& parameter : parameters.entries()) {
    if (parameter.trained) Add(parameter);
  }
}

void Optimizer::Add(const Parameter& parameter) {
  size_t rule = 0;
  while (!rules_[rule]->Fits(parameter)) ++rule;
  ParameterGroup& group = groups_[{rule, parameter.decayed}];
  group.weight_decay = parameter.decayed ? config_.weight_decay() : 0;
  group.weights.push_back(parameter.tensor);
  const std::vector<Memory> remembered = rules_[rule]->Remembered(parameter.tensor);
  group.memory.resize(remembered.size());
  for (size_t m = 0; m < remembered.size(); ++m) {
    group.memory[m].push_back(remembered[m].tensor);
    memory_[absl::StrCat(remembered[m].name, ".", parameter.name)] = remembered[m].tensor;
  }
}

void Optimizer::Step(double factor, absl::FunctionRef<void()> /*recompute*/) {
  const at::NoGradGuard no_grad;
  ++steps_;
  for (auto& [key, group] : groups_) {
    for (const at::Tensor& weight : group.weights) group.grads.push_back(GradientOf(weight));
    rules_[key.first]->Update(&group, factor, steps_);
    group.grads.clear();
  }
}

std::map<std::string, TensorView> Optimizer::State() {
  copies_.clear();
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : memory_) {
    copies_.push_back(tensor.cpu().contiguous());  // no copy of what is there already
    views[name] = {DType::kF32, tensor.sizes().vec(),
                   absl::string_view(static_cast<const char*>(copies_.back().const_data_ptr()), tensor.nbytes())};
  }
  views[kSteps] = {DType::kI64, {}, absl::string_view(reinterpret_cast<const char*>(&steps_), sizeof(steps_))};
  return views;
}

absl::Status Optimizer::Restore(const SafetensorsFile& file, int64_t steps) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : memory_) {
    TALLY_ASSIGN_OR_RETURN(const TensorView view, file.Find(name, DType::kF32));
    if (view.shape != tensor.sizes().vec()) {
      return BadInputError(absl::StrCat(file.path(), ": tensor ", name, " does not have its parameter's shape"));
    }
    const at::Tensor stored = at::empty(tensor.sizes(), at::kFloat);
    std::memcpy(stored.data_ptr(), view.bytes.data(), view.bytes.size());
    tensor.copy_(stored);
  }
  steps_ = steps;
  if (file.tensors().count(kSteps) == 0) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(const TensorView view, file.Find(kSteps, DType::kI64));
  if (!view.shape.empty()) return BadInputError(absl::StrCat(file.path(), ": tensor ", kSteps, " is not one number"));
  std::memcpy(&steps_, view.bytes.data(), sizeof(steps_));
  return absl::OkStatus();
}

}  // namespace tally
