#include "lib/model/head.h"

#include <ATen/ops/matmul.h>

#include "lib/model/embedding.h"

namespace tally {

Head::Head(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters) {
  const int64_t hidden = config.hidden_size(), width = EmbeddingSize(config), vocabulary = config.vocabulary_size();
  if (config.head() == ModelConfig::FFN) {
    feed_forward_.emplace("encoder.head", hidden, /*residual=*/false, config, initialiser, parameters);
  } else if (config.head() == ModelConfig::LINEAR) {
    linear_.emplace("encoder.head", hidden, hidden, config.linear_bias(), /*residual=*/false, initialiser, parameters);
  }
  if (config.final_norm()) norm_.emplace("encoder.final_norm", hidden, config, parameters);
  if (config.output_adapter()) {
    // As a matrix it has `width` inputs, which is what schemes with a fan-in count.
    adapter_ = config.tied() ? parameters->AddAlias("adapter.weight", "encoder.adapter.weight")
                             : parameters->Add("adapter.weight", {hidden, width}, initialiser.Linear(width, hidden));
  }
  const at::Tensor weight =
      config.tied() ? parameters->AddAlias("decoder.weight", "encoder.embedding.word_embedding.weight")
                    : parameters->Add("decoder.weight", {vocabulary, width}, initialiser.Linear(width, vocabulary));
  decoder_.emplace(weight, config.output_bias() ? parameters->Add("decoder.bias", {vocabulary}, initialiser.Bias(width))
                                                : at::Tensor());
}

at::Tensor Head::operator()(const at::Tensor& state) const {
  at::Tensor x = state;
  if (feed_forward_) x = (*feed_forward_)(x);
  if (linear_) x = (*linear_)(x);
  if (norm_) x = (*norm_)(x);
  if (adapter_.defined()) x = at::matmul(x, adapter_);
  return (*decoder_)(x);
}

}  // namespace tally
