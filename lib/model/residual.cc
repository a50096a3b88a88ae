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
  const bool norm_first =
      scheme_ == ModelConfig::PRE || scheme_ == ModelConfig::SANDWICH || scheme_ == ModelConfig::SHAPED;
  const SumAndNorm in = norm_first ? norm_->OfSum(x) : SumAndNorm{x.Value(), at::Tensor()};
  const at::Tensor skip = selection == nullptr ? in.sum : selection->Of(in.sum);
  const at::Tensor added = branch(norm_first ? in.norm : in.sum);
  switch (scheme_) {
    case ModelConfig::PRE:
    case ModelConfig::SIMPLE:
      return {skip, added};
    case ModelConfig::POST:
      return {norm_->OfSum({skip, added}).norm, at::Tensor()};
    case ModelConfig::SANDWICH:
      return {norm2_->OfSum({skip, added}).norm, at::Tensor()};
    case ModelConfig::DEEPNORM:
      return {norm_->OfSum({skip * alpha_, added}).norm, at::Tensor()};
    case ModelConfig::SHAPED:
      return {skip * std::sqrt(1 - kGamma * kGamma), added * kGamma};
  }
  return {skip, added};
}

}  // namespace tally
