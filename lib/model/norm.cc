#include "lib/model/norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "lib/model/precision.h"

namespace tally {

// One kind of norm. A new one is its function here, a line of kFormulas and a value of ModelConfig.NormKind.
struct NormFormula {
  ModelConfig::NormKind kind;
  bool affine;     // parameters NAME.weight and NAME.bias; else NAME.scale
  bool one_scale;  // for all features; else one for each
  at::Tensor (*apply)(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon);
  decltype(&AddLayerNorm) add_and_apply;  // one operator for a sum and its norm, or null
};

namespace {

at::Tensor LayerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, epsilon);
}

at::Tensor RmsNorm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& /*bias*/, double epsilon) {
  return x * (x.square().mean(-1, /*keepdim=*/true) + epsilon).rsqrt() * scale;
}

at::Tensor ScaleNorm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& /*bias*/, double epsilon) {
  return x * scale / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(epsilon);
}

constexpr NormFormula kFormulas[] = {
    {ModelConfig::LAYER_NORM, /*affine=*/true, /*one_scale=*/false, LayerNorm, AddLayerNorm},
    {ModelConfig::RMS_NORM, /*affine=*/false, /*one_scale=*/false, RmsNorm, nullptr},
    {ModelConfig::SCALE_NORM, /*affine=*/false, /*one_scale=*/true, ScaleNorm, nullptr},
};

const NormFormula& FormulaOf(ModelConfig::NormKind kind) {
  return *std::find_if(std::begin(kFormulas), std::end(kFormulas), [kind](const auto& f) { return f.kind == kind; });
}

}  // namespace

at::Tensor Sum::Value() const { return second.defined() ? first + second : first; }

Norm::Norm(const std::string& name, int64_t width, const ModelConfig& config, Parameters* parameters)
    : formula_(FormulaOf(config.norm())), epsilon_(config.norm_epsilon()) {
  if (formula_.affine) {
    weight_ = parameters->Add(name + ".weight", ParameterRole::kNorm, {width}, Init::Constant(1));
    bias_ = parameters->Add(name + ".bias", ParameterRole::kNorm, {width}, Init::Constant(0));
  } else if (formula_.one_scale) {
    weight_ = parameters->Add(name + ".scale", ParameterRole::kNorm, {}, Init::Constant(1 / std::sqrt(width)));
  } else {
    weight_ = parameters->Add(name + ".scale", ParameterRole::kNorm, {width}, Init::Constant(1));
  }
}

at::Tensor Norm::operator()(const at::Tensor& x) const { return formula_.apply(x, weight_, bias_, epsilon_); }

SumAndNorm Norm::AddThenNorm(const Sum& x, bool for_products) const {
  if (formula_.add_and_apply != nullptr && x.second.defined() && SupportsAddLayerNorm(x.first, x.second)) {
    return formula_.add_and_apply(x.first, x.second, weight_, bias_, epsilon_,
                                  for_products ? ProductType(x.first.device()) : at::kFloat);
  }
  const at::Tensor value = x.Value();
  return {value, (*this)(value)};
}

}  // namespace tally
