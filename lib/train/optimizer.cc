#include "lib/train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {

at::Tensor Orthogonalise(const at::Tensor& matrix) {
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = tall ? matrix.t() : matrix;
  x = x / (x.norm() + 1e-7);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor a = x.mm(x.t());
    const at::Tensor b = at::Tensor(a * -4.7750).addmm(a, a, /*beta=*/1, /*alpha=*/2.0315);
    x = at::Tensor(x * 3.4445).addmm(b, x);
  }
  return tall ? x.t() : x;
}

double ClipGradients(const Parameters& parameters, double max_norm) {
  double sum = 0;
  for (const Parameter& parameter : parameters.entries()) {
    const at::Tensor& grad = parameter.tensor.grad();
    if (!grad.defined()) continue;
    const double norm = grad.norm().item<double>();
    sum += norm * norm;
  }
  const double norm = std::sqrt(sum);
  const double scale = max_norm / (norm + 1e-6);
  if (max_norm > 0 && scale < 1) {
    for (const Parameter& parameter : parameters.entries()) {
      if (parameter.tensor.grad().defined()) parameter.tensor.grad().mul_(scale);
    }
  }
  return norm;
}

Optimizer::Optimizer(const OptimizerConfig& config, const Parameters& parameters) : config_(config) {
  decayed_.weight_decay = config.weight_decay();
  for (const Parameter& parameter : parameters.entries()) {
    if (!parameter.trained) continue;
    const at::Tensor zero = at::zeros_like(parameter.tensor).set_requires_grad(false);
    if (config.muon() && parameter.block_matrix) {
      muon_.push_back({parameter.name, parameter.tensor, zero});
      continue;
    }
    AdamGroup& group = parameter.decayed ? decayed_ : undecayed_;
    group.names.push_back(parameter.name);
    group.weights.push_back(parameter.tensor);
    group.means.push_back(zero);
    group.squares.push_back(zero.clone());
    group.steps.push_back(at::zeros({}, at::kFloat));
  }
}

void Optimizer::StepAdam(AdamGroup& group, double learning_rate) {
  if (group.weights.empty()) return;
  std::vector<at::Tensor> grads;
  for (const at::Tensor& weight : group.weights) {
    grads.push_back(weight.grad().defined() ? weight.grad() : at::zeros_like(weight));
  }
  for (const at::Tensor& step : group.steps) step.add_(1);
  at::_fused_adamw_(group.weights, grads, group.means, group.squares, /*max_exp_avg_sqs=*/{}, group.steps,
                    learning_rate, config_.beta1(), config_.beta2(), group.weight_decay, config_.epsilon(),
                    /*amsgrad=*/false, /*maximize=*/false);
}

void Optimizer::StepMuon(MuonEntry& entry, double learning_rate) {
  if (!entry.weight.grad().defined()) return;
  const at::Tensor& grad = entry.weight.grad();
  const double beta = config_.muon_momentum();
  entry.momentum.lerp_(grad, 1 - beta);
  const double shape = std::max(1.0, static_cast<double>(grad.size(0)) / grad.size(1));
  entry.weight.mul_(1 - learning_rate * config_.weight_decay());
  entry.weight.add_(Orthogonalise(grad.lerp(entry.momentum, beta)), -learning_rate * std::sqrt(shape));
}

void Optimizer::Step(double factor) {
  const at::NoGradGuard no_grad;
  StepAdam(decayed_, factor * config_.learning_rate());
  StepAdam(undecayed_, factor * config_.learning_rate());
  for (MuonEntry& entry : muon_) StepMuon(entry, factor * config_.muon_learning_rate());
}

std::map<std::string, at::Tensor> Optimizer::NamedState() const {
  std::map<std::string, at::Tensor> state;
  for (const AdamGroup* group : {&decayed_, &undecayed_}) {
    for (size_t i = 0; i < group->names.size(); ++i) {
      state[absl::StrCat("adamw.mean.", group->names[i])] = group->means[i];
      state[absl::StrCat("adamw.square.", group->names[i])] = group->squares[i];
    }
  }
  for (const MuonEntry& entry : muon_) state[absl::StrCat("muon.momentum.", entry.name)] = entry.momentum;
  return state;
}

std::map<std::string, TensorView> Optimizer::State() const {
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : NamedState()) {
    views[name] = {DType::kF32, tensor.sizes().vec(),
                   absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())};
  }
  return views;
}

absl::Status Optimizer::Restore(const SafetensorsFile& file, int64_t steps) {
  for (const auto& [name, tensor] : NamedState()) {
    TALLY_ASSIGN_OR_RETURN(const TensorView view, file.Find(name, DType::kF32));
    if (view.shape != tensor.sizes().vec()) {
      return BadInputError(absl::StrCat(file.path(), ": tensor ", name, " does not have its parameter's shape"));
    }
    std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  }
  for (AdamGroup* group : {&decayed_, &undecayed_}) {
    for (const at::Tensor& step : group->steps) step.fill_(static_cast<double>(steps));
  }
  return absl::OkStatus();
}

}  // namespace tally
