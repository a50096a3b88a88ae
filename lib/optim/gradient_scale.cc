#include "lib/optim/gradient_scale.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>
#include <vector>

#include "lib/model/torch_runtime.h"

namespace tally {
namespace {

// Those that took part in the loss.
std::vector<at::Tensor> DefinedGradients(const Parameters& parameters) {
  std::vector<at::Tensor> gradients;
  for (const Parameter& parameter : parameters.entries()) {
    if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
  }
  return gradients;
}

double GlobalNorm(const std::vector<at::Tensor>& gradients) {
  double sum = 0;
  for (const at::Tensor& gradient : gradients) {
    // The operator behind Tensor::norm, called at once: there are many small tensors, one by one.
    const double norm = at::linalg_vector_norm(gradient, 2).item<double>();
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

}  // namespace

double ClipGradients(const Parameters& parameters, const OptimizerConfig& config) {
  const at::NoGradGuard no_grad;
  const SerialTorch serial;
  const std::vector<at::Tensor> gradients = DefinedGradients(parameters);
  const double norm = GlobalNorm(gradients);
  double cut_norm = norm;
  if (config.clip_value() > 0) {
    for (const at::Tensor& gradient : gradients) gradient.clamp_(-config.clip_value(), config.clip_value());
    cut_norm = GlobalNorm(gradients);
  }
  const double scale = config.clip_norm() / (cut_norm + 1e-6);
  if (config.clip_norm() > 0 && scale < 1) {
    for (const at::Tensor& gradient : gradients) gradient.mul_(scale);
  }
  return norm;
}

bool LossScale::Unscale(const Parameters& parameters) {
  bool finite = true;
  for (const Parameter& parameter : parameters.entries()) {
    const at::Tensor& grad = parameter.tensor.grad();
    if (!grad.defined()) continue;
    grad.mul_(1 / scale_);
    finite = finite && at::isfinite(grad).all().item<bool>();
  }
  good_steps_ = finite ? good_steps_ + 1 : 0;
  if (!finite && CanFall()) scale_ /= 2;
  if (good_steps_ == kGrowthInterval) {
    scale_ *= 2;
    good_steps_ = 0;
  }
  return finite;
}

}  // namespace tally
