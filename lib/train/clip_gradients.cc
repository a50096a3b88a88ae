#include "lib/train/clip_gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

namespace tally {

double ClipGradients(const Parameters& parameters, const OptimizerConfig& config) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  for (const Parameter& parameter : parameters.entries()) {
    const at::Tensor& grad = parameter.tensor.grad();
    if (!grad.defined()) continue;
    const double norm = grad.norm().item<double>();
    sum += norm * norm;
  }
  const double norm = std::sqrt(sum);
  const double scale = config.clip_norm() / (norm + 1e-6);
  if (config.clip_norm() > 0 && scale < 1) {
    for (const Parameter& parameter : parameters.entries()) {
      if (parameter.tensor.grad().defined()) parameter.tensor.grad().mul_(scale);
    }
  }
  return norm;
}

}  // namespace tally
