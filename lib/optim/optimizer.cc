#include "lib/optim/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/optim/clip_gradients.h"
#include "lib/optim/rules/curvature.h"
#include "lib/optim/rules/gradients.h"
#include "lib/optim/rules/layerwise.h"
#include "lib/optim/state_tensors.h"

namespace tally {
namespace {

constexpr char kSteps[] = "optimizer.steps";

std::unique_ptr<UpdateRule> RuleOf(const OptimizerConfig& config) {
  switch (config.kind()) {
    case OptimizerConfig::MUON:
      return MakeMuon(config);
    case OptimizerConfig::ADAMW:
      return MakeAdamW(config);
    case OptimizerConfig::ADAM:
      return MakeAdam(config);
    case OptimizerConfig::RADAM:
      return MakeRAdam(config);
    case OptimizerConfig::ADAMW_SCALE:
      return MakeAdamWScale(config);
    case OptimizerConfig::SGD:
      return MakeSgd(config);
    case OptimizerConfig::LION:
      return MakeLion(config);
    case OptimizerConfig::ADAFACTOR:
      return MakeFactoredAdafactor(config);
    case OptimizerConfig::SOPHIA:
      return MakeSophia(config);
    case OptimizerConfig::ADAHESSIAN:
      return MakeAdaHessian(config);
    case OptimizerConfig::SHAMPOO:
      return MakeShampoo(config);
    case OptimizerConfig::AGD:
      return MakeAgd(config);
  }
  return MakeAdamW(config);
}

// The rule of the configuration, and the one for what that does not fit.
std::vector<std::unique_ptr<UpdateRule>> RulesOf(const OptimizerConfig& config) {
  std::vector<std::unique_ptr<UpdateRule>> rules;
  rules.push_back(RuleOf(config));
  rules.push_back(config.kind() == OptimizerConfig::ADAFACTOR ? MakeAdafactor(config) : MakeAdamW(config));
  return rules;
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const Parameters& parameters, uint64_t seed, int threads)
    : config_(config), parameters_(parameters), seed_(seed), threads_(threads), rules_(RulesOf(config_)) {
  const at::NoGradGuard no_grad;
  for (const Parameter& parameter : parameters.entries()) {
    if (parameter.trained) Add(parameter);
  }
  for (const auto& [key, group] : groups_) weights_.insert(weights_.end(), group.weights.begin(), group.weights.end());
}

void Optimizer::Add(const Parameter& parameter) {
  size_t rule = 0;
  while (!rules_[rule]->Fits(parameter)) ++rule;
  ParameterGroup& group = groups_[{rule, parameter.decayed}];
  group.weight_decay = parameter.decayed ? config_.weight_decay() : 0;
  group.threads = threads_;
  group.weights.push_back(parameter.tensor);
  const std::vector<Memory> remembered = rules_[rule]->Remembered(parameter.tensor);
  group.memory.resize(remembered.size());
  for (size_t m = 0; m < remembered.size(); ++m) {
    group.memory[m].push_back(remembered[m].tensor);
    memory_[absl::StrCat(remembered[m].name, ".", parameter.name)] = remembered[m].tensor;
  }
}

bool Optimizer::Step(double factor, absl::FunctionRef<void()> recompute) {
  const at::NoGradGuard no_grad;
  ++steps_;
  if (!MoveUphill(recompute) || !TakeCurvature(recompute)) {
    --steps_;
    return false;
  }
  for (auto& [key, group] : groups_) StepGroup(*rules_[key.first], factor, &group);
  return true;
}

// Where sam_rho asks for gradients at another point, sets them; false where they are not finite.
bool Optimizer::MoveUphill(absl::FunctionRef<void()> recompute) {
  if (config_.sam_rho() == 0) return true;
  MoveGradientsUphill(weights_, config_.sam_rho(), recompute);
  return std::isfinite(ClipGradients(parameters_, config_));
}

// Where a rule wants the curvature at this step, estimates it; false where it is not finite.
bool Optimizer::TakeCurvature(absl::FunctionRef<void()> recompute) {
  const auto wants = [this](const auto& entry) { return rules_[entry.first.first]->WantsCurvature(steps_); };
  if (std::none_of(groups_.begin(), groups_.end(), wants)) return true;
  const std::vector<at::Tensor> curvature =
      EstimateCurvature(weights_, config_.hessian_distance(), seed_, steps_, recompute);
  if (!AreFinite(curvature)) return false;
  auto next = curvature.begin();
  for (auto& [key, group] : groups_) {
    group.curvatures.assign(next, next + group.weights.size());
    next += group.weights.size();
  }
  return true;
}

void Optimizer::StepGroup(const UpdateRule& rule, double factor, ParameterGroup* group) {
  group->grads = GradientsOf(group->weights);
  const double weight_decay = group->weight_decay;
  if (config_.layerwise() != OptimizerConfig::NONE) {
    ScaleLayerwise(config_, factor * config_.learning_rate(), group);
    group->weight_decay = 0;
  }
  rule.Update(group, factor, steps_);
  group->weight_decay = weight_decay;
  group->grads.clear();
  group->curvatures.clear();
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
