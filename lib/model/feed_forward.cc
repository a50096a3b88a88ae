#include "lib/model/feed_forward.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>

#include <cmath>

#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/kernels/gemm/products.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

int64_t InnerWidth(const ModelConfig& config) { return IntermediateSize(config) / (config.gated() ? 2 : 1); }

// Matrices outside of the block that recurs are few, and whole.
int64_t RankOf(ParameterRole role, const ModelConfig& config) {
  return role == ParameterRole::kHiddenMatrix ? config.matrix_rank() : 0;
}

std::optional<Norm> InnerNorm(const std::string& name, const ModelConfig& config, Parameters* parameters) {
  if (!config.sub_normalization()) return std::nullopt;
  return Norm(name, InnerWidth(config), config, parameters);
}

at::Tensor Apply(ModelConfig::Nonlinearity nonlinearity, const at::Tensor& x) {
  switch (nonlinearity) {
    case ModelConfig::GELU:
      return at::gelu(x);  // exact, by erf
    case ModelConfig::RELU:
      return at::relu(x);
    case ModelConfig::SILU:
      return at::silu(x);
    case ModelConfig::TANH:
      return at::tanh(x);
    case ModelConfig::SIGMOID:
      return at::sigmoid(x);
  }
  return x;
}

// What the left factor starts with, so that its product with a right one of variance 1/inputs has the variances of
// `whole`.
std::vector<Init> LeftFactor(const LinearShape& shape, const std::vector<Init>& whole) {
  std::vector<Init> left;
  for (const Init& init : whole) {
    const double deviation = init.kind == Init::kUniform  ? init.scale / std::sqrt(3.0)
                             : init.kind == Init::kNormal ? init.scale
                                                          : 0;
    left.push_back(Init::Normal(deviation * std::sqrt(static_cast<double>(shape.inputs) / shape.rank)));
  }
  return left;
}

}  // namespace

Linear::Linear(const std::string& name, const LinearShape& shape, const Initialiser& initialiser,
               Parameters* parameters)
    : Linear(name, shape, {initialiser.Linear(shape.inputs, shape.outputs, shape.residual)},
             initialiser.Bias(shape.inputs), parameters) {}

Linear::Linear(const std::string& name, const LinearShape& shape, const std::vector<Init>& weight, Init bias,
               Parameters* parameters) {
  if (shape.rank == 0) {
    weight_ = parameters->Add(name + ".weight", shape.role, {shape.outputs, shape.inputs}, weight);
  } else {
    weight_ =
        parameters->Add(name + ".weight.left", shape.role, {shape.outputs, shape.rank}, LeftFactor(shape, weight));
    right_ = parameters->Add(name + ".weight.right", shape.role, {shape.rank, shape.inputs},
                             Init::Normal(1 / std::sqrt(static_cast<double>(shape.inputs))));
  }
  if (shape.bias) bias_ = parameters->Add(name + ".bias", ParameterRole::kBias, {shape.outputs}, bias);
}

at::Tensor Linear::weight() const { return right_.defined() ? at::matmul(weight_, right_) : weight_; }

at::Tensor Linear::operator()(const at::Tensor& x) const { return ApplyLinear(x, weight(), bias_); }

at::Tensor ApplyLinear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!x.is_cpu() || !InBfloat16Scope()) return at::linear(x, weight, bias);
  return Bfloat16Linear(x, weight, bias);
}

FeedForward::FeedForward(const std::string& name, int64_t inputs, bool residual, ParameterRole role,
                         const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
    : nonlinearity_(config.nonlinearity()),
      gated_(config.gated()),
      in_(name + ".in",
          {.inputs = inputs,
           .outputs = IntermediateSize(config),
           .bias = config.linear_bias(),
           .rank = RankOf(role, config),
           .role = role},
          initialiser, parameters),
      norm_(InnerNorm(name + ".norm", config, parameters)),
      out_(name + ".out",
           {.inputs = InnerWidth(config),
            .outputs = config.hidden_size(),
            .bias = config.linear_bias(),
            .residual = residual,
            .rank = RankOf(role, config),
            .role = role},
           initialiser, parameters) {}

bool FeedForward::HasOperator(const at::Tensor& x) const {
  return gated_ && nonlinearity_ == ModelConfig::GELU && !norm_ && !in_.bias().defined() && !out_.bias().defined() &&
         x.is_cpu() && x.scalar_type() == at::kFloat;
}

at::Tensor FeedForward::operator()(const at::Tensor& x) const {
  if (HasOperator(x)) return GegluFeedForward(x, in_.weight(), out_.weight(), InBfloat16Scope());
  at::Tensor inner = in_(x);
  if (gated_ && nonlinearity_ == ModelConfig::GELU && SupportsGeglu(inner)) {
    inner = Geglu(inner);
  } else if (gated_) {
    const int64_t half = inner.size(-1) / 2;
    // ATen's GELU is vectorized for contiguous tensors only, 15 times faster.
    const at::Tensor gated = inner.narrow(-1, 0, half);
    const at::Tensor gate = Apply(nonlinearity_, inner.narrow(-1, half, half).contiguous());
    inner = at::GradMode::is_enabled() ? gated * gate : gated.mul_(gate);
  } else {
    inner = Apply(nonlinearity_, inner);
  }
  return out_(norm_ ? (*norm_)(inner) : inner);
}

}  // namespace tally
