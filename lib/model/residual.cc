#include "lib/model/residual.h"

#include <ATen/TensorOperators.h>

#include <cmath>

namespace tally {
namespace {

constexpr double kGamma = 0.214;  // of SHAPED

}  // namespace

Residual::Residual(const std::string& name, const ModelConfig& config, Parameters* parameters)
    : scheme_(config.norm_scheme()), alpha_(std::pow(2.0 * config.layers() * config.recurrences(), 0.25)) {
  const int64_t hidden = config.hidden_size();
  if (scheme_ != ModelConfig::SIMPLE) norm_.emplace(name + ".norm", hidden, config, parameters);
  if (scheme_ == ModelConfig::SANDWICH) norm2_.emplace(name + ".norm2", hidden, config, parameters);
}

at::Tensor Residual::operator()(const at::Tensor& x, const at::Tensor& skip,
                                absl::FunctionRef<at::Tensor(const at::Tensor&)> branch) const {
  switch (scheme_) {
    case ModelConfig::PRE:
      return skip + branch((*norm_)(x));
    case ModelConfig::POST:
      return (*norm_)(skip + branch(x));
    case ModelConfig::SANDWICH:
      return (*norm2_)(skip + branch((*norm_)(x)));
    case ModelConfig::DEEPNORM:
      return (*norm_)(skip * alpha_ + branch(x));
    case ModelConfig::SHAPED:
      return skip * std::sqrt(1 - kGamma * kGamma) + branch((*norm_)(x)) * kGamma;
    case ModelConfig::SIMPLE:
      return skip + branch(x);
  }
  return skip;
}

}  // namespace tally
