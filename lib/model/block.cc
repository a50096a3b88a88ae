#include "lib/model/block.h"

#include "absl/strings/str_cat.h"

namespace tally {

Layer::Layer(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
    : attention_(name + ".attn", config, initialiser, parameters),
      attention_residual_(name + ".residual1", config, parameters),
      feed_forward_(name + ".ffn", config.hidden_size(), /*residual=*/true, config, initialiser, parameters),
      feed_forward_residual_(name + ".residual2", config, parameters) {}

Sum Layer::Forward(const Sum& x, PassContext* context) const {
  const int64_t layer = context->layer++;
  const at::Tensor& bias = context->biases[layer];
  const bool last = context->layer == static_cast<int64_t>(context->biases.size());
  const Selection* const selection = last ? context->selection : nullptr;
  const Sum y = attention_residual_(x, selection, [&](const at::Tensor& branch) {
    return attention_.Forward(branch, context->attention, bias, selection, context->cache, context->first_call + layer);
  });
  return feed_forward_residual_(y, nullptr, [&](const at::Tensor& branch) { return feed_forward_(branch); });
}

Block::Block(const std::string& name, int64_t layers, const ModelConfig& config, const Initialiser& initialiser,
             Parameters* parameters)
    : injection_(name, config, initialiser, parameters) {
  for (int64_t i = 0; i < layers; ++i) {
    layers_.emplace_back(absl::StrCat(name, ".layers.", i), config, initialiser, parameters);
  }
}

at::Tensor Block::Forward(const at::Tensor& state, const at::Tensor& embedding, PassContext* context) const {
  Sum x = injection_(state, embedding);
  for (const Layer& layer : layers_) x = layer.Forward(x, context);
  return x.Value();
}

}  // namespace tally
