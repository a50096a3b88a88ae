// The two ends of a model: from ids to the state that is injected, and from the last state to logits.
#ifndef TALLY_LIB_MODEL_EMBEDDING_H_
#define TALLY_LIB_MODEL_EMBEDDING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "lib/model/feed_forward.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"
#include "lib/model/positions/position_table.h"

namespace tally {

// Whether the parameter `name` has a row for each token of the vocabulary.
bool HasRowForEachToken(absl::string_view name);

// What an embedding reads of a pass, for the tokens that are asked for.
struct EmbeddingInput {
  at::Tensor ids;       // [batch, tokens] int64
  at::Tensor rows;      // as PositionTable::Rows, or undefined
  at::Tensor segments;  // [batch, tokens] int64, SegmentIds, or undefined
};

// Word embedding, position table, norm.
class Embedding {
 public:
  Embedding(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // What is read for tokens context.begin, ... of ids [batch, seq]; all of it on the CPU.
  EmbeddingInput Prepare(const at::Tensor& ids, const TableContext& context) const;

  // norm(words[ids] + table + segments), [batch, tokens, embedding]. `input` is beside the parameters.
  at::Tensor Normed(const EmbeddingInput& input) const;

  // The same, led to the model's width where that differs: [batch, tokens, hidden].
  at::Tensor operator()(const EmbeddingInput& input) const;

  // As PositionTable::RowsNeeded; 0 for models without a table.
  int64_t RowsNeeded(int64_t digits, int64_t tokens, int64_t offset) const;

 private:
  at::Tensor words_;  // [vocabulary, embedding]
  std::unique_ptr<PositionTable> positions_;
  at::Tensor segments_;  // [3, embedding], one for each part of a line (SegmentIds); undefined where not configured
  std::optional<Norm> norm_;
  std::optional<Linear> adapter_;  // embedding -> hidden
};

// output(norm(f(state)) A): f is config.head(), the norm and the adapter A [hidden, embedding] are there where
// configured, and `output` is the output embedding [vocabulary, embedding].
class Head {
 public:
  Head(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // state [..., hidden] -> [..., vocabulary].
  at::Tensor operator()(const at::Tensor& state) const { return Output(Normed(state)); }

  // Its two halves: norm(f(state)), [..., hidden], and what follows.
  at::Tensor Normed(const at::Tensor& state) const;
  at::Tensor Output(const at::Tensor& normed) const;

 private:
  std::optional<FeedForward> feed_forward_;
  std::optional<Linear> linear_;
  std::optional<Norm> norm_;
  at::Tensor adapter_;  // [hidden, embedding], or undefined; applied untransposed
  std::optional<Linear> output_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_EMBEDDING_H_
