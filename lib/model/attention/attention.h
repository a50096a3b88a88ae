// Causal multi-head self-attention.
//
//   logits[i, j] = row_scale[i] * (scale[h] * <q_i, k_j> + bias[h, i, j]),   softmax over j <= i
//
// scale is 1/sqrt(head size), or exp(log_temperature[h]) with queries and keys of unit norm (Henry et al. 2020,
// arXiv 2010.04245, with a learned temperature). row_scale is 1, or log(i + 2) with log_position (Chiang and Cholak
// 2022, arXiv 2202.12172), or 4 (log(i + 2) / 4)^log_power. bias: logit_bias.h. Padding is not masked: it stands after
// everything that is read.
// Axis suffixes: B batch, S seq (Q queries, K keys), H hidden, n heads, d head size.
#ifndef TALLY_LIB_MODEL_ATTENTION_ATTENTION_H_
#define TALLY_LIB_MODEL_ATTENTION_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/kernels/attention/attention_input.h"
#include "lib/model/attention/key_value_cache.h"
#include "lib/model/linear.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"
#include "lib/model/positions/attention_context.h"
#include "lib/model/positions/logit_bias.h"
#include "lib/model/selection.h"

namespace tally {

class Attention {
 public:
  // `name`: "...layers.0.attn".
  Attention(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // Biases and causal mask of the tokens from context.begin on and all keys, a shape that broadcasts to
  // [batch, heads, queries, seq]; undefined where Forward looks them up itself. The passes of a looped model may share
  // it.
  at::Tensor Bias(const AttentionContext& context) const;

  // x [batch, queries, hidden], the tokens from context.begin on -> the same shape, or, for a `selection` of them,
  // [n, hidden]. `bias` as Bias gives it; undefined where no gradient is needed: then it is made for some queries at a
  // time, so that memory grows linearly with seq. `cache`, or null, holds the keys and values of tokens before
  // context.begin and gets those of x; `call` is the number of this call within the forward pass.
  at::Tensor Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias,
                     const Selection* selection, KeyValueCache* cache, int64_t call) const;

 private:
  // Queries first, ..., last - 1 of x, and keys and values of all of it.
  struct Heads {
    at::Tensor queries, keys, values;  // [batch, heads, tokens, size]
  };
  Heads Project(const at::Tensor& x, const AttentionContext& context, int64_t first, int64_t last) const;
  at::Tensor Projected(const at::Tensor& x, int64_t role, int64_t count) const;
  // Whether CausalAttention serves this model; sequences of these tokens with any bias, where no cache holds some of
  // them; and whether it needs no bias made for it.
  bool HasOperator() const;
  bool IsShort(const AttentionContext& context) const;
  bool NeedsNoBias(const AttentionContext& context) const;
  CausalAttentionInput OperatorInput(const AttentionContext& context, const at::Tensor& bias, int64_t first) const;
  at::Tensor WithProjections(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias,
                             const Selection* selection) const;
  at::Tensor InOne(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias, int64_t first,
                   KeyValueCache* cache, int64_t call) const;
  at::Tensor InParts(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias, int64_t first,
                     int64_t last, KeyValueCache* cache, int64_t call) const;
  at::Tensor InChunks(const Heads& heads, const AttentionContext& context, const at::Tensor& bias, int64_t first) const;
  at::Tensor BiasOf(const AttentionContext& context, int64_t begin, int64_t end) const;

  const int64_t heads_;
  const bool unit_norm_, by_head_, rotary_;
  std::vector<std::unique_ptr<LogitBias>> biases_;
  at::Tensor in_weight_;          // [3 hidden, hidden]
  at::Tensor in_bias_;            // [3 hidden], or undefined
  std::optional<Linear> out_;     // [hidden, hidden]
  std::optional<Norm> sub_norm_;  // over hidden
  at::Tensor log_temperature_;    // [heads], or undefined
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_ATTENTION_H_
