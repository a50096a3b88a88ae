// Causal multi-head attention in one operator, with the terms that Tally's models add to logits.
#ifndef TALLY_LIB_KERNELS_ATTENTION_CAUSAL_ATTENTION_H_
#define TALLY_LIB_KERNELS_ATTENTION_CAUSAL_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include "lib/kernels/attention/attention_input.h"

namespace tally {

// out[b, i] = softmax_j(row_scale[i] * (scale[h] <q_i, k_j> + table[h, column(b, i, j)]) + bias[b, h, i, j]) v_j over
// j <= i, heads side by side: [batch, queries, hidden]. Differentiable in qkv, scale, table and bias; equal bytes for
// any number of threads. Neither pass stores a matrix of pairs of tokens, but for the gradient of `bias`.
at::Tensor CausalAttention(const CausalAttentionInput& input);

// The same by ATen's operators, for tests.
at::Tensor CausalAttentionPlain(const CausalAttentionInput& input);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_CAUSAL_ATTENTION_H_
