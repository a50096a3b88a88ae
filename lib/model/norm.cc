#include "lib/model/norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>

#include <cmath>

namespace tally {

at::Tensor Sum::Value() const { return second.defined() ? first + second : first; }

Norm::Norm(const std::string& name, int64_t width, const ModelConfig& config, Parameters* parameters)
    : kind_(config.norm()), epsilon_(config.norm_epsilon()) {
  switch (kind_) {
    case ModelConfig::LAYER_NORM:
      weight_ = parameters->Add(name + ".weight", {width}, Init::Constant(1));
      bias_ = parameters->Add(name + ".bias", {width}, Init::Constant(0));
      break;
    case ModelConfig::RMS_NORM:
      weight_ = parameters->Add(name + ".learnable_scale", {width}, Init::Constant(1));
      break;
    case ModelConfig::SCALE_NORM:
      weight_ = parameters->Add(name + ".learnable_scale", {}, Init::Constant(1 / std::sqrt(width)));
      break;
  }
}

at::Tensor Norm::operator()(const at::Tensor& x) const {
  switch (kind_) {
    case ModelConfig::LAYER_NORM:
      return at::layer_norm(x, {x.size(-1)}, weight_, bias_, epsilon_);
    case ModelConfig::RMS_NORM:
      return x * (x.square().mean(-1, /*keepdim=*/true) + epsilon_).rsqrt() * weight_;
    case ModelConfig::SCALE_NORM:
      return x * weight_ / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(epsilon_);
  }
  return x;
}

SumAndNorm Norm::OfSum(const Sum& x) const {
  if (kind_ == ModelConfig::LAYER_NORM && x.second.defined() && TakesAddLayerNorm(x.first, x.second)) {
    return AddLayerNorm(x.first, x.second, weight_, bias_, epsilon_);
  }
  const at::Tensor value = x.Value();
  return {value, (*this)(value)};
}

}  // namespace tally
