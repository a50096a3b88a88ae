// Causal multi-head self-attention.
//
//   logits[i, j] = scale[h, i] * <q_i, k_j> + bias[h, i, j],   softmax over j <= i
//
// scale is 1/sqrt(head size), or exp(log_temperature[h]) with queries and keys of unit norm (Henry et al. 2020,
// arXiv 2010.04245, with a learned temperature), either times log(i + 2) with log_position (Chiang and Cholak 2022,
// arXiv 2202.12172); bias is the clipped relative bias on coupled ids (lib/kernels/relative_bias.h) or nothing.
// Axis suffixes: B batch, S seq (Q queries, K keys of a chunk), H hidden, n heads, d head size.
#ifndef TALLY_LIB_MODEL_ATTENTION_H_
#define TALLY_LIB_MODEL_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "lib/model/layers.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"

namespace tally {

// What a forward pass tells its attention layers about its tokens.
struct AttentionContext {
  at::Tensor coupled_ids;  // [batch, seq] int64; undefined where the model has no relative bias
  at::Tensor row_scale;    // [seq] float32: log(i + 2), or ones
};

class Attention {
 public:
  // `name`: the reference's, "...layers.0.attn".
  Attention(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters);

  // The bias and causal mask of all pairs of tokens, [batch, heads, seq, seq] or [seq, seq]. The passes of a looped
  // model share it, so the caller keeps it for as long as gradients are needed.
  at::Tensor Bias(const AttentionContext& context) const;

  // x [batch, seq, hidden] -> the same shape. `bias` as Bias gives it; undefined where no gradient is needed: then it
  // is made for a few hundred queries at a time, so that memory grows linearly with seq.
  at::Tensor Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias) const;

 private:
  at::Tensor BiasOf(const AttentionContext& context, int64_t query_begin, int64_t query_end) const;

  const int64_t heads_;
  const bool unit_norm_;
  at::Tensor in_;               // [3 hidden, hidden]: rows of queries, keys, values, each split into heads
  at::Tensor out_;              // [hidden, hidden]
  at::Tensor relative_bias_;    // [heads, 2 clip + 1], or undefined
  at::Tensor log_temperature_;  // [heads], or undefined
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_H_
