#include "lib/model/embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>

#include "lib/kernels/table_rows/table_rows.h"
#include "lib/model/forward_context.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

// What tied weights share.
constexpr char kWords[] = "embedding.words";
constexpr char kAdapter[] = "embedding.adapter";
constexpr char kOutputWeight[] = "head.output.weight";
constexpr char kOutputBias[] = "head.output.bias";

}  // namespace

bool HasRowForEachToken(absl::string_view name) {
  return name == kWords || name == kOutputWeight || name == kOutputBias;
}

Embedding::Embedding(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters) {
  const int64_t width = EmbeddingSize(config);
  // A tied table gets the initial values of an output embedding, as in the reference.
  words_ =
      parameters->Add(kWords, ParameterRole::kEmbedding, {config.vocabulary_size(), width},
                      config.tied() ? initialiser.Linear(width, config.vocabulary_size()) : initialiser.Table(width));
  if (const TableScheme& scheme = TableOf(config); scheme.make != nullptr) {
    positions_ = scheme.make(width, config, initialiser, parameters);
  }
  if (config.positions().segments()) {
    segments_ = parameters->Add("embedding.segments", ParameterRole::kEmbedding, {3, width}, initialiser.Table(width));
  }
  if (config.embedding_norm()) norm_.emplace("embedding.norm", width, config, parameters);
  if (width != config.hidden_size()) {
    adapter_.emplace(kAdapter, LinearShape{.inputs = width, .outputs = config.hidden_size()}, initialiser, parameters);
  }
}

EmbeddingInput Embedding::Prepare(const at::Tensor& ids, const TableContext& context) const {
  const int64_t tokens = ids.size(1) - context.begin;
  EmbeddingInput input;
  input.ids = ids.narrow(1, context.begin, tokens);
  if (positions_ != nullptr) input.rows = positions_->Rows(ids, context);
  if (segments_.defined()) input.segments = IdsByRule(ids, SegmentIds).narrow(1, context.begin, tokens);
  return input;
}

at::Tensor Embedding::Normed(const EmbeddingInput& input) const {
  at::Tensor embedded = TableRows(words_, input.ids);
  if (positions_ != nullptr) embedded = embedded + positions_->Vectors(input.rows);
  if (segments_.defined()) embedded = embedded + TableRows(segments_, input.segments);
  return norm_ ? (*norm_)(embedded) : embedded;
}

at::Tensor Embedding::operator()(const EmbeddingInput& input) const {
  const at::Tensor normed = Normed(input);
  return adapter_ ? (*adapter_)(normed) : normed;
}

int64_t Embedding::RowsNeeded(int64_t digits, int64_t tokens, int64_t offset) const {
  return positions_ == nullptr ? 0 : positions_->RowsNeeded(digits, tokens, offset);
}

Head::Head(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters) {
  const int64_t hidden = config.hidden_size(), width = EmbeddingSize(config), vocabulary = config.vocabulary_size();
  if (config.head() == ModelConfig::FFN) {
    feed_forward_.emplace("head.feed_forward", hidden, /*residual=*/false, ParameterRole::kMatrix, config, initialiser,
                          parameters);
  } else if (config.head() == ModelConfig::LINEAR) {
    linear_.emplace("head.linear", LinearShape{.inputs = hidden, .outputs = hidden, .bias = config.linear_bias()},
                    initialiser, parameters);
  }
  if (config.final_norm()) norm_.emplace("head.norm", hidden, config, parameters);
  if (config.output_adapter()) {
    // As a matrix it has `width` inputs, which is what schemes with a fan-in count.
    adapter_ = config.tied() ? parameters->AddAlias("head.adapter.weight", std::string(kAdapter) + ".weight")
                             : parameters->Add("head.adapter.weight", ParameterRole::kMatrix, {hidden, width},
                                               initialiser.Linear(width, hidden));
  }
  const at::Tensor weight = config.tied() ? parameters->AddAlias(kOutputWeight, kWords)
                                          : parameters->Add(kOutputWeight, ParameterRole::kMatrix, {vocabulary, width},
                                                            initialiser.Linear(width, vocabulary));
  output_.emplace(weight, config.output_bias() ? parameters->Add(kOutputBias, ParameterRole::kBias, {vocabulary},
                                                                 initialiser.Bias(width))
                                               : at::Tensor());
}

at::Tensor Head::Normed(const at::Tensor& state) const {
  at::Tensor x = state;
  if (feed_forward_) x = (*feed_forward_)(x);
  if (linear_) x = (*linear_)(x);
  return norm_ ? (*norm_)(x) : x;
}

at::Tensor Head::Output(const at::Tensor& normed) const {
  return (*output_)(adapter_.defined() ? at::matmul(normed, adapter_) : normed);
}

}  // namespace tally
