// Causal multi-head self-attention.
//
//   logits[i, j] = row_scale[i] * (scale[h] * <q_i, k_j> + bias[h, i, j]),   softmax over j <= i
//
// scale is 1/sqrt(head size), or exp(log_temperature[h]) with queries and keys of unit norm (Henry et al. 2020,
// arXiv 2010.04245, with a learned temperature). row_scale is 1, or log(i + 2) with log_position (Chiang and Cholak
// 2022, arXiv 2202.12172), or 4 (log(i + 2) / 4)^log_power. bias: logit_bias.h. Queries, keys and values, and which
// heads share or lack them: input_projection.h. Padding is not masked: it comes after everything that is read.
//
// Axis suffixes: B batch, S seq (Q queries, K keys), H hidden, n heads, d head size.
#ifndef TALLY_LIB_MODEL_ATTENTION_ATTENTION_H_
#define TALLY_LIB_MODEL_ATTENTION_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/kernels/attention/causal_attention.h"
#include "lib/model/attention/input_projection.h"
#include "lib/model/attention/key_value_cache.h"
#include "lib/model/attention/plan.h"
#include "lib/model/feed_forward.h"
#include "lib/model/forward_context.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"
#include "lib/model/positions/logit_bias.h"

namespace tally {

// One call of attention beside its states. All that it points to outlives it.
struct AttentionCall {
  const AttentionContext& context;
  const AttentionPlan& plan;
  const at::Tensor& bias;  // as Attention::Bias gives it; undefined for plans whose terms are not made for all pairs
  const Selection* selection;  // the tokens that are asked for, or null: all
  KeyValueCache* cache;        // or null
  int64_t number;              // of this call within the forward pass
};

class Attention {
 public:
  // `name`: "block.layers.0.attention".
  Attention(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // Biases and causal mask of the tokens from context.begin on and all keys, a shape that broadcasts to
  // [batch, heads, queries, seq], for plans whose terms are made for all pairs. Recurrences may share it.
  at::Tensor Bias(const AttentionContext& context) const;

  // x [batch, queries, hidden], the tokens from context.begin on -> the same shape, or, for a selection of them,
  // [n, hidden]. A cache holds the keys and values of tokens before context.begin and gets those of x.
  at::Tensor Forward(const at::Tensor& x, const AttentionCall& call) const;

 private:
  // Queries of some tokens of x, and keys and values of all of it.
  struct Heads {
    at::Tensor queries, keys, values;  // [batch, heads, tokens, size]
  };
  // The tokens first, ..., last - 1 of x whose outputs are computed.
  struct Range {
    int64_t first, last;
  };
  static Range RangeOf(const at::Tensor& x, const Selection* selection);

  at::Tensor Projected(const at::Tensor& x, int64_t role, int64_t count) const;
  at::Tensor AnglesOf(const AttentionContext& context, int64_t tokens) const;
  at::Tensor TurnedProjection(const at::Tensor& x, const AttentionContext& context) const;
  Heads Project(const at::Tensor& x, const AttentionContext& context, Range range) const;
  at::Tensor TermsOf(const AttentionContext& context, int64_t begin, int64_t end) const;
  CausalAttentionInput OperatorInput(const AttentionCall& call, int64_t first) const;
  at::Tensor BySelfAttention(const at::Tensor& x, const AttentionCall& call) const;
  at::Tensor ByCausalAttention(const at::Tensor& x, const AttentionCall& call) const;
  at::Tensor ByDeviceAttention(const at::Tensor& x, const AttentionCall& call) const;
  at::Tensor ByWholeMatrix(const at::Tensor& x, const AttentionCall& call) const;
  at::Tensor ByChunks(const at::Tensor& x, const AttentionCall& call) const;
  at::Tensor Output(const at::Tensor& attended, const Selection* selection) const;

  const int64_t hidden_, heads_;
  const bool unit_norm_, by_head_;
  const AttentionScheme& scheme_;
  std::vector<std::unique_ptr<LogitBias>> biases_;
  const InputProjection in_;
  std::optional<Linear> out_;     // [hidden, hidden]
  std::optional<Norm> sub_norm_;  // over hidden
  at::Tensor log_temperature_;    // [heads], or undefined
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_ATTENTION_H_
