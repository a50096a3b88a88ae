#include "lib/model/block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "lib/kernels/recompute/recompute.h"

namespace tally {
namespace {

// A norm scheme: where it has norms, and its factors. A new one is a case of SchemeOf and a value of
// ModelConfig.NormScheme.
struct ResidualScheme {
  bool norm_before = false, norm_after = false;
  double skip_factor = 1, branch_factor = 1;
};

ResidualScheme SchemeOf(const ModelConfig& config) {
  constexpr double kGamma = 0.214;  // of SHAPED
  switch (config.norm_scheme()) {
    case ModelConfig::PRE:
      return {.norm_before = true};
    case ModelConfig::POST:
      return {.norm_after = true};
    case ModelConfig::SANDWICH:
      return {.norm_before = true, .norm_after = true};
    case ModelConfig::DEEPNORM:
      return {.norm_after = true, .skip_factor = std::pow(2.0 * config.layers() * config.recurrences(), 0.25)};
    case ModelConfig::SHAPED:
      return {.norm_before = true, .skip_factor = std::sqrt(1 - kGamma * kGamma), .branch_factor = kGamma};
    case ModelConfig::SIMPLE:
      return {};
  }
  return {};
}

at::Tensor Times(double factor, const at::Tensor& x) { return factor == 1 ? x : x * factor; }

}  // namespace

Residual::Residual(const std::string& name, const ModelConfig& config, Parameters* parameters) {
  const ResidualScheme scheme = SchemeOf(config);
  skip_factor_ = scheme.skip_factor;
  branch_factor_ = scheme.branch_factor;
  const int64_t hidden = config.hidden_size();
  if (scheme.norm_before) norm_before_.emplace(name + ".norm", hidden, config, parameters);
  if (scheme.norm_after) {
    norm_after_.emplace(name + (scheme.norm_before ? ".norm2" : ".norm"), hidden, config, parameters);
  }
}

Sum Residual::operator()(const Sum& x, const Selection* selection,
                         absl::FunctionRef<at::Tensor(const at::Tensor&)> branch) const {
  const SumAndNorm in =
      norm_before_ ? norm_before_->AddThenNorm(x, /*for_products=*/true) : SumAndNorm{x.Value(), at::Tensor()};
  const at::Tensor skip = selection == nullptr ? in.sum : selection->From(in.sum);
  const at::Tensor added = branch(norm_before_ ? in.norm : in.sum);
  const at::Tensor scaled_skip = Times(skip_factor_, skip);
  const Sum sum = {scaled_skip, Times(branch_factor_, added)};
  return norm_after_ ? Sum{norm_after_->AddThenNorm(sum).norm, at::Tensor()} : sum;
}

Injection::Injection(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                     Parameters* parameters)
    : kind_(config.injection()) {
  const int64_t hidden = config.hidden_size();
  if (kind_ == ModelConfig::LINEAR_INJECTION) {
    linear_.emplace(name,
                    LinearShape{.inputs = 2 * hidden,
                                .outputs = hidden,
                                .rank = config.matrix_rank(),
                                .role = ParameterRole::kHiddenMatrix},
                    initialiser, parameters);
  } else if (kind_ == ModelConfig::FFN_INJECTION) {
    feed_forward_.emplace(name, 2 * hidden, /*residual=*/false, ParameterRole::kHiddenMatrix, config, initialiser,
                          parameters);
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

Layer::Layer(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
    : attention_(name + ".attention", config, initialiser, parameters),
      attention_residual_(name + ".attention_residual", config, parameters),
      feed_forward_(name + ".feed_forward", config.hidden_size(), /*residual=*/true, ParameterRole::kHiddenMatrix,
                    config, initialiser, parameters),
      feed_forward_residual_(name + ".feed_forward_residual", config, parameters) {}

Sum Layer::Forward(const Sum& x, RecurrenceContext* context) const {
  const int64_t layer = context->layer++;
  const bool last = context->layer == static_cast<int64_t>(context->biases.size());
  const AttentionCall call = {context->attention,     context->plan,
                              context->biases[layer], last && context->selection ? &*context->selection : nullptr,
                              context->cache,         context->first_call + layer};
  const Sum y = attention_residual_(x, call.selection,
                                    [&](const at::Tensor& branch) { return attention_.Forward(branch, call); });
  return feed_forward_residual_(y, nullptr, [&](const at::Tensor& branch) { return feed_forward_(branch); });
}

Sum Layer::ForwardRecomputed(const Sum& x, RecurrenceContext* context) const {
  const at::Tensor bias = context->biases[context->layer];
  const auto layer = [this, at_layer = *context](const std::vector<at::Tensor>& inputs) {
    RecurrenceContext of_call = at_layer;
    of_call.biases[of_call.layer] = inputs[1];
    return Forward({inputs[0], at::Tensor()}, &of_call).Value();
  };
  ++context->layer;
  return {Recomputed(layer, {x.Value(), bias}, *context->recomputed), at::Tensor()};
}

Block::Block(const std::string& name, int64_t layers, const ModelConfig& config, const Initialiser& initialiser,
             Parameters* parameters)
    : injection_(name + ".injection", config, initialiser, parameters) {
  for (int64_t i = 0; i < layers; ++i) {
    layers_.emplace_back(absl::StrCat(name, ".layers.", i), config, initialiser, parameters);
  }
}

at::Tensor Block::Forward(const at::Tensor& state, const at::Tensor& embedding, RecurrenceContext* context) const {
  Sum x = injection_(state, embedding);
  for (const Layer& layer : layers_) {
    x = context->recomputed != nullptr ? layer.ForwardRecomputed(x, context) : layer.Forward(x, context);
  }
  return x.Value();
}

}  // namespace tally
