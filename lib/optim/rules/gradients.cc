#include "lib/optim/rules/gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "lib/base/random.h"

namespace tally {
namespace {

// Calls `recompute` with new gradients to fill, so that those read before stay, and recording switched on.
void Recompute(const std::vector<at::Tensor>& weights, absl::FunctionRef<void()> recompute) {
  for (const at::Tensor& weight : weights) weight.mutable_grad() = at::Tensor();
  const at::AutoGradMode recording(true);
  recompute();
}

// Random signs of the shape of `like`.
at::Tensor Signs(const at::Tensor& like, Random* random) {
  const at::Tensor signs = at::empty(like.sizes(), at::kFloat);
  float* const values = signs.mutable_data_ptr<float>();
  uint32_t bits = 0;
  for (int64_t i = 0; i < signs.numel(); ++i) {
    if (i % 32 == 0) bits = random->Next32();
    values[i] = bits >> (i % 32) & 1 ? 1.0f : -1.0f;
  }
  return signs.to(like.options().requires_grad(false));
}

}  // namespace

std::vector<at::Tensor> GradientsOf(const std::vector<at::Tensor>& weights) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& weight : weights) {
    gradients.push_back(weight.grad().defined() ? weight.grad() : at::zeros_like(weight));
  }
  return gradients;
}

std::vector<at::Tensor> CopiesOf(const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : tensors) copies.push_back(tensor.clone());
  return copies;
}

bool AreFinite(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> finite;  // a truth value for each, which a device need not be waited for
  for (const at::Tensor& tensor : tensors) finite.push_back(at::isfinite(tensor).all());
  return finite.empty() || at::stack(finite).all().item<bool>();
}

void GradientsAtPerturbedWeights(const std::vector<at::Tensor>& weights, double rho,
                                 absl::FunctionRef<void()> recompute) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = GradientsOf(weights), start = CopiesOf(weights);
  double square = 0;
  for (const at::Tensor& gradient : gradients) square += std::pow(gradient.norm().item<double>(), 2);
  const double scale = rho / (std::sqrt(square) + 1e-12);
  for (size_t i = 0; i < weights.size(); ++i) weights[i].add_(gradients[i], scale);
  Recompute(weights, recompute);
  for (size_t i = 0; i < weights.size(); ++i) weights[i].copy_(start[i]);
}

std::vector<at::Tensor> EstimateCurvature(const std::vector<at::Tensor>& weights, double distance, uint64_t seed,
                                          int64_t step, absl::FunctionRef<void()> recompute) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = GradientsOf(weights), start = CopiesOf(weights);
  Random random(seed, RandomStream::kCurvature, static_cast<uint64_t>(step));
  std::vector<at::Tensor> signs;
  for (const at::Tensor& weight : weights) signs.push_back(Signs(weight, &random));
  const auto gradients_at = [&](double along) {
    for (size_t i = 0; i < weights.size(); ++i) weights[i].copy_(start[i]).add_(signs[i], along);
    Recompute(weights, recompute);
    return GradientsOf(weights);
  };
  const std::vector<at::Tensor> above = gradients_at(distance), below = gradients_at(-distance);
  std::vector<at::Tensor> diagonal;
  for (size_t i = 0; i < weights.size(); ++i) {
    diagonal.push_back((above[i] - below[i]).mul_(signs[i]).div_(2 * distance));
    weights[i].copy_(start[i]);
    weights[i].mutable_grad() = gradients[i];
  }
  return diagonal;
}

void ScaleLayerwise(const OptimizerConfig& config, double learning_rate, ParameterGroup* group) {
  const double decay = group->weight_decay;
  for (size_t i = 0; i < group->weights.size(); ++i) {
    const at::Tensor& weight = group->weights[i];
    at::Tensor& grad = group->grads[i];
    const double weight_norm = weight.norm().item<double>(), grad_norm = grad.norm().item<double>();
    if (weight_norm == 0 || grad_norm == 0) continue;
    double rate = config.trust_coefficient() * weight_norm / (grad_norm + decay * weight_norm + 1e-8);
    if (config.layerwise() == OptimizerConfig::LARC) rate = learning_rate > 0 ? std::min(rate / learning_rate, 1.0) : 1;
    grad = grad.add(weight, decay).mul_(rate);
  }
}

}  // namespace tally
