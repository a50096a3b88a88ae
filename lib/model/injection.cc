#include "lib/model/injection.h"

#include <ATen/ops/cat.h>

namespace tally {

Injection::Injection(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                     Parameters* parameters)
    : kind_(config.injection()) {
  const int64_t hidden = config.hidden_size();
  if (kind_ == ModelConfig::LINEAR_INJECTION) {
    linear_.emplace(name + ".adapter", 2 * hidden, hidden, /*bias=*/false, /*residual=*/false, initialiser, parameters);
  } else if (kind_ == ModelConfig::FFN_INJECTION) {
    feed_forward_.emplace(name + ".ffn", 2 * hidden, /*residual=*/false, config, initialiser, parameters);
  }
}

Sum Injection::operator()(const at::Tensor& state, const at::Tensor& embedding) const {
  switch (kind_) {
    case ModelConfig::ADD:
      return {state, embedding};
    case ModelConfig::NO_INJECTION:
      return {state, at::Tensor()};
    case ModelConfig::LINEAR_INJECTION:
      return {(*linear_)(at::cat({state, embedding}, -1)), at::Tensor()};
    case ModelConfig::FFN_INJECTION:
      return {(*feed_forward_)(at::cat({state, embedding}, -1)), at::Tensor()};
  }
  return {state, at::Tensor()};
}

}  // namespace tally
