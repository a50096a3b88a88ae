#include "lib/model/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include <cmath>

namespace tally {

int64_t IntermediateSize(const ModelConfig& config) {
  return config.intermediate_size() > 0 ? config.intermediate_size() : 4 * config.hidden_size();
}

Initialiser::Initialiser(const ModelConfig& config)
    : zero_output_(config.initialisation() == ModelConfig::ZERO_OUTPUT),
      hidden_(config.hidden_size()),
      gain_(std::pow(8.0 * config.layers() * config.recurrences(), -0.25)) {}

Init Initialiser::Linear(int64_t inputs, int64_t outputs, bool residual) const {
  if (!zero_output_) return Init::Normal(gain_ * std::sqrt(2.0 / (inputs + outputs)));
  return residual ? Init::Constant(0) : Init::Uniform(1 / std::sqrt(static_cast<double>(inputs)));
}

Init Initialiser::AttentionInput(bool values) const {
  if (zero_output_) return Linear(hidden_, hidden_);
  return Init::Normal((values ? gain_ : 1.0) * std::sqrt(1.0 / hidden_));
}

Init Initialiser::AttentionOutput() const { return Linear(hidden_, hidden_, /*residual=*/true); }

Init Initialiser::Table() const { return Init::Normal(1 / std::sqrt(static_cast<double>(hidden_))); }

Norm::Norm(const std::string& name, const ModelConfig& config, Parameters* parameters)
    : weight_(parameters->Add(name + ".weight", {config.hidden_size()}, Init::Constant(1))),
      bias_(parameters->Add(name + ".bias", {config.hidden_size()}, Init::Constant(0))),
      epsilon_(config.norm_epsilon()) {}

at::Tensor Norm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight_, bias_, epsilon_);
}

FeedForward::FeedForward(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                         bool residual, Parameters* parameters) {
  const int64_t hidden = config.hidden_size();
  const int64_t intermediate = IntermediateSize(config);
  in_ = parameters->Add(name + ".dense_in.weight", {intermediate, hidden}, initialiser.Linear(hidden, intermediate));
  out_ = parameters->Add(name + ".dense_out.weight", {hidden, intermediate / 2},
                         initialiser.Linear(intermediate / 2, hidden, residual));
}

at::Tensor FeedForward::operator()(const at::Tensor& x) const {
  const at::Tensor both = at::linear(x, in_);  // [..., I]
  const int64_t half = both.size(-1) / 2;
  return at::linear(both.narrow(-1, 0, half) * at::gelu(both.narrow(-1, half, half)), out_);
}

}  // namespace tally
