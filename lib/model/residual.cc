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

Sum Residual::operator()(const Sum& x, const Selection* selection,
                         absl::FunctionRef<at::Tensor(const at::Tensor&)> branch) const {
  const auto skipped = [&](const at::Tensor& value) { return selection == nullptr ? value : selection->Of(value); };
  if (scheme_ == ModelConfig::POST || scheme_ == ModelConfig::DEEPNORM || scheme_ == ModelConfig::SIMPLE) {
    const at::Tensor value = x.Value(), skip = skipped(value);
    const Sum sum = {scheme_ == ModelConfig::DEEPNORM ? skip * alpha_ : skip, branch(value)};
    return scheme_ == ModelConfig::SIMPLE ? sum : Sum{norm_->OfSum(sum).norm, at::Tensor()};
  }
  const auto [value, norm] = norm_->OfSum(x);
  const at::Tensor skip = skipped(value), added = branch(norm);
  if (scheme_ == ModelConfig::SANDWICH) return {norm2_->OfSum({skip, added}).norm, at::Tensor()};
  if (scheme_ == ModelConfig::SHAPED) return {skip * std::sqrt(1 - kGamma * kGamma), added * kGamma};
  return {skip, added};
}

}  // namespace tally
