#include "lib/model/embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>

#include "lib/model/positions/position_ids.h"

namespace tally {

int64_t EmbeddingSize(const ModelConfig& config) {
  return config.embedding_size() > 0 ? config.embedding_size() : config.hidden_size();
}

Embedding::Embedding(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters) {
  const int64_t width = EmbeddingSize(config);
  // A tied table gets the initial values of an output embedding, as in the reference.
  words_ =
      parameters->Add("encoder.embedding.word_embedding.weight", {config.vocabulary_size(), width},
                      config.tied() ? initialiser.Linear(width, config.vocabulary_size()) : initialiser.Table(width));
  positions_ = MakePositionTable(width, config, initialiser, parameters);
  if (config.positions().segments()) {
    segments_ = parameters->Add("encoder.embedding.segment_embedding.weight", {3, width}, initialiser.Table(width));
  }
  if (config.embedding_norm()) norm_.emplace("encoder.embedding.norm", width, config, parameters);
  if (width != config.hidden_size()) {
    adapter_.emplace("encoder.adapter", width, config.hidden_size(), /*bias=*/false, /*residual=*/false, initialiser,
                     parameters);
  }
}

at::Tensor Embedding::Normed(const at::Tensor& ids, const TableContext& context) const {
  const at::Tensor asked = ids.narrow(1, context.begin, ids.size(1) - context.begin).to(words_.device());
  at::Tensor embedded = at::embedding(words_, asked);
  if (positions_ != nullptr) embedded = embedded + positions_->Of(ids, context).to(embedded.device());
  if (segments_.defined()) {
    const at::Tensor segments = IdsByRule(ids, SegmentIds).narrow(1, context.begin, asked.size(1));
    embedded = embedded + at::embedding(segments_, segments.to(segments_.device()));
  }
  return norm_ ? (*norm_)(embedded) : embedded;
}

at::Tensor Embedding::operator()(const at::Tensor& ids, const TableContext& context) const {
  const at::Tensor normed = Normed(ids, context);
  return adapter_ ? (*adapter_)(normed) : normed;
}

int64_t Embedding::RowsNeeded(int64_t digits, int64_t tokens, int64_t offset) const {
  return positions_ == nullptr ? 0 : positions_->RowsNeeded(digits, tokens, offset);
}

}  // namespace tally
