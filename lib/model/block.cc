#include "lib/model/block.h"

#include <ATen/TensorOperators.h>

namespace tally {

Layer::Layer(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
    : pre_(config.norm_scheme() == ModelConfig::PRE),
      attention_(name + ".attn", config, initialiser, parameters),
      attention_norm_(name + ".residual1.norm", config, parameters),
      feed_forward_(name + ".ffn", config, initialiser, /*residual=*/true, parameters),
      feed_forward_norm_(name + ".residual2.norm", config, parameters) {}

at::Tensor Layer::Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias) const {
  if (pre_) {
    const at::Tensor y = x + attention_.Forward(attention_norm_(x), context, bias);
    return y + feed_forward_(feed_forward_norm_(y));
  }
  const at::Tensor y = attention_norm_(x + attention_.Forward(x, context, bias));
  return feed_forward_norm_(y + feed_forward_(y));
}

}  // namespace tally
