#include "lib/optim/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/model/torch_runtime.h"
#include "lib/optim/gradient_scale.h"
#include "lib/optim/rules/gradients.h"
#include "lib/optim/state_tensors.h"

namespace tally {
namespace {

constexpr char kSteps[] = "optimizer.steps";

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const Parameters& parameters, uint64_t seed, int threads)
    : config_(config), parameters_(parameters), seed_(seed), rules_(RulesFor(config_)), threads_(threads) {
  const at::NoGradGuard no_grad;
  std::map<std::pair<size_t, bool>, std::vector<const Parameter*>> groups;  // by (number of the rule, decayed)
  for (const Parameter& parameter : parameters.entries()) {
    if (!parameter.trained) continue;
    size_t rule = 0;
    while (!rules_[rule]->Fits(parameter)) ++rule;
    groups[{rule, parameter.decayed}].push_back(&parameter);
  }
  for (const auto& [key, members] : groups) AddGroup(*rules_[key.first], key.second, members);
  // The largest first, so that threads end at about the same time.
  std::stable_sort(shares_.begin(), shares_.end(), [](const Share& a, const Share& b) { return a.numel > b.numel; });
}

void Optimizer::AddGroup(const UpdateRule& rule, bool decayed, const std::vector<const Parameter*>& members) {
  for (size_t i = 0; i < members.size(); ++i) {
    if (i == 0 || rule.MovesEachAlone()) {
      shares_.emplace_back().rule = &rule;
      shares_.back().group.weight_decay = decayed ? config_.weight_decay() : 0;
    }
    Add(*members[i], weights_.size(), &shares_.back());
    weights_.push_back(members[i]->tensor);
  }
}

void Optimizer::Add(const Parameter& parameter, size_t number, Share* share) {
  share->numbers.push_back(number);
  share->numel += parameter.tensor.numel();
  share->group.weights.push_back(parameter.tensor);
  const std::vector<Memory> remembered = share->rule->Remembered(parameter.tensor);
  share->group.memory.resize(remembered.size());
  for (size_t m = 0; m < remembered.size(); ++m) {
    share->group.memory[m].push_back(remembered[m].tensor);
    memory_[absl::StrCat(remembered[m].name, ".", parameter.name)] = remembered[m].tensor;
  }
}

bool Optimizer::Step(double factor, absl::FunctionRef<void()> recompute) {
  const at::NoGradGuard no_grad;
  const SerialTorch serial;  // norms over all parameters are summed in one order
  ++steps_;
  if (!MoveUphill(recompute) || !UpdateCurvature(recompute)) {
    --steps_;
    return false;
  }
  std::atomic<size_t> next = 0;
  const bool bfloat16 = InBfloat16Scope();
  RunInThreads(threads_, [&](int) {
    const at::NoGradGuard no_grad_of_thread;
    const Bfloat16Scope scope_of_thread(bfloat16);
    for (size_t i; (i = next++) < shares_.size();) Move(factor, &shares_[i]);
  });
  return true;
}

// Where sam_rho asks for gradients at another point, sets them; false where they are not finite.
bool Optimizer::MoveUphill(absl::FunctionRef<void()> recompute) {
  if (config_.sam_rho() == 0) return true;
  GradientsAtPerturbedWeights(weights_, config_.sam_rho(), recompute);
  return std::isfinite(ClipGradients(parameters_, config_));
}

bool Optimizer::NeedsCurvature() const {
  return std::any_of(shares_.begin(), shares_.end(),
                     [this](const Share& share) { return share.rule->NeedsCurvature(steps_); });
}

// Where a rule wants the curvature at this step, estimates it; false where it is not finite.
bool Optimizer::UpdateCurvature(absl::FunctionRef<void()> recompute) {
  if (!NeedsCurvature()) return true;
  const std::vector<at::Tensor> curvature =
      EstimateCurvature(weights_, config_.hessian_distance(), seed_, steps_, recompute);
  if (!AreFinite(curvature)) return false;
  for (Share& share : shares_) {
    for (const size_t number : share.numbers) share.group.curvatures.push_back(curvature[number]);
  }
  return true;
}

std::vector<Optimizer::RuleGroup> Optimizer::Groups() const {
  std::vector<RuleGroup> groups;
  for (const Share& share : shares_) {
    const auto same = [&share](const RuleGroup& g) {
      return g.rule == share.rule && g.group.weight_decay == share.group.weight_decay;
    };
    auto found = std::find_if(groups.begin(), groups.end(), same);
    if (found == groups.end()) {
      found = groups.insert(groups.end(), RuleGroup());
      found->rule = share.rule;
      found->group.weight_decay = share.group.weight_decay;
    }
    ParameterGroup& group = found->group;
    group.weights.insert(group.weights.end(), share.group.weights.begin(), share.group.weights.end());
    group.memory.resize(share.group.memory.size());
    for (size_t m = 0; m < group.memory.size(); ++m) {
      const std::vector<at::Tensor>& more = share.group.memory[m];
      group.memory[m].insert(group.memory[m].end(), more.begin(), more.end());
    }
  }
  return groups;
}

void Optimizer::Move(double factor, Share* share) const {
  ParameterGroup& group = share->group;
  group.grads = GradientsOf(group.weights);
  const double weight_decay = group.weight_decay;
  if (config_.layerwise() != OptimizerConfig::NONE) {
    ScaleLayerwise(config_, factor * config_.learning_rate(), &group);
    group.weight_decay = 0;
  }
  share->rule->Update(&group, factor, steps_);
  group.weight_decay = weight_decay;
  group.grads.clear();
  group.curvatures.clear();
}

std::map<std::string, TensorView> Optimizer::State() const {
  copies_.clear();
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : memory_) views[name] = ViewOf(tensor, &copies_);
  views[kSteps] = ViewOf(steps_);
  return views;
}

absl::Status Optimizer::Restore(const SafetensorsFile& file, int64_t steps) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : memory_) TALLY_RETURN_IF_ERROR(ReadTensor(file, name, tensor));
  steps_ = steps;
  return file.tensors().count(kSteps) > 0 ? ReadNumber(file, kSteps, &steps_) : absl::OkStatus();
}

}  // namespace tally
