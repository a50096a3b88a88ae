#include "lib/optim/rules/layerwise.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

namespace tally {

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
