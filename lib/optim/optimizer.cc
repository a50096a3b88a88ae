#include "lib/optim/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/model/threads.h"
#include "lib/optim/clip_gradients.h"
#include "lib/optim/rules/gradients.h"
#include "lib/optim/rules/registry.h"
#include "lib/optim/state_tensors.h"

namespace tally {
namespace {

constexpr char kSteps[] = "optimizer.steps";

// Which thread moves each of `parameters`: the largest come first, each to the thread with the least so far.
std::vector<int> SharedOut(const std::vector<const Parameter*>& parameters, int threads) {
  std::vector<size_t> order(parameters.size());
  std::iota(order.begin(), order.end(), 0);
  const auto size = [&](size_t i) { return parameters[i]->tensor.numel(); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return size(a) > size(b); });
  std::vector<int64_t> loads(threads);
  std::vector<int> thread_of(parameters.size());
  for (const size_t i : order) {
    const auto least = std::min_element(loads.begin(), loads.end());
    thread_of[i] = static_cast<int>(least - loads.begin());
    *least += size(i);
  }
  return thread_of;
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const Parameters& parameters, uint64_t seed, int threads)
    : config_(config), parameters_(parameters), seed_(seed), rules_(RulesFor(config_)), shares_(threads) {
  const at::NoGradGuard no_grad;
  std::map<std::pair<size_t, bool>, std::vector<const Parameter*>> groups;  // by (number of the rule, decayed)
  for (const Parameter& parameter : parameters.entries()) {
    if (!parameter.trained) continue;
    size_t rule = 0;
    while (!rules_[rule]->Fits(parameter)) ++rule;
    groups[{rule, parameter.decayed}].push_back(&parameter);
  }
  for (const auto& [key, members] : groups) AddGroup(*rules_[key.first], key.second, members);
}

void Optimizer::AddGroup(const UpdateRule& rule, bool decayed, const std::vector<const Parameter*>& members) {
  const int threads = rule.MovesEachAlone() ? static_cast<int>(shares_.size()) : 1;
  const std::vector<int> thread_of = SharedOut(members, threads);
  for (int thread = 0; thread < threads; ++thread) {
    Share share;
    share.rule = &rule;
    share.group.weight_decay = decayed ? config_.weight_decay() : 0;
    for (size_t i = 0; i < members.size(); ++i) {
      if (thread_of[i] == thread) Add(*members[i], weights_.size() + i, &share);
    }
    if (!share.numbers.empty()) shares_[thread].push_back(share);
  }
  for (const Parameter* parameter : members) weights_.push_back(parameter->tensor);
}

void Optimizer::Add(const Parameter& parameter, size_t number, Share* share) {
  share->numbers.push_back(number);
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
  RunInThreads(static_cast<int>(shares_.size()), [&](int thread) {
    const at::NoGradGuard of_thread;
    for (Share& share : shares_[thread]) Move(factor, &share);
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
  for (const std::vector<Share>& shares : shares_) {
    for (const Share& share : shares) {
      if (share.rule->NeedsCurvature(steps_)) return true;
    }
  }
  return false;
}

// Where a rule wants the curvature at this step, estimates it; false where it is not finite.
bool Optimizer::UpdateCurvature(absl::FunctionRef<void()> recompute) {
  if (!NeedsCurvature()) return true;
  const std::vector<at::Tensor> curvature =
      EstimateCurvature(weights_, config_.hessian_distance(), seed_, steps_, recompute);
  if (!AreFinite(curvature)) return false;
  for (std::vector<Share>& shares : shares_) {
    for (Share& share : shares) {
      for (const size_t number : share.numbers) share.group.curvatures.push_back(curvature[number]);
    }
  }
  return true;
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
