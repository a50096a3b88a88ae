#include "lib/optim/rules/gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

namespace tally {

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

void Recompute(const std::vector<at::Tensor>& weights, absl::FunctionRef<void()> recompute) {
  for (const at::Tensor& weight : weights) weight.mutable_grad() = at::Tensor();
  const at::AutoGradMode recording(true);
  recompute();
}

void MoveGradientsUphill(const std::vector<at::Tensor>& weights, double rho, absl::FunctionRef<void()> recompute) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = GradientsOf(weights), start = CopiesOf(weights);
  double square = 0;
  for (const at::Tensor& gradient : gradients) square += std::pow(gradient.norm().item<double>(), 2);
  const double scale = rho / (std::sqrt(square) + 1e-12);
  for (size_t i = 0; i < weights.size(); ++i) weights[i].add_(gradients[i], scale);
  Recompute(weights, recompute);
  for (size_t i = 0; i < weights.size(); ++i) weights[i].copy_(start[i]);
}

}  // namespace tally
