// Causal self-attention with its projections as one operator, for batches of short sequences.
#ifndef TALLY_LIB_KERNELS_ATTENTION_SELF_ATTENTION_H_
#define TALLY_LIB_KERNELS_ATTENTION_SELF_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "lib/kernels/attention/causal_attention.h"

namespace tally {

// All tensors are float32 on the CPU, unless it says otherwise.
struct SelfAttentionInput {
  at::Tensor x;           // [batch, seq, hidden]
  at::Tensor in_weight;   // [3 hidden, hidden], rows as attention.qkv has its last axis
  at::Tensor out_weight;  // [outputs, hidden]

  // Its qkv and cache stay as they are made.
  CausalAttentionInput attention;

  // The queries whose outputs are requested, [n] int64, strictly rising, as numbers of tokens in [batch * seq] order;
  // undefined: all queries.
  at::Tensor rows;

  // Products with the weights, and of their gradients, as lib/kernels/gemm/products.h has them in bfloat16.
  bool bfloat16 = false;
};

// Whether SelfAttention is the faster way for `batch` sequences of `seq` tokens: for many short ones.
bool SelfAttentionIsFaster(int64_t batch, int64_t seq, int64_t heads);

// CausalAttention of x in_weight', times out_weight': [batch, queries, outputs], or [n, outputs] with `rows`.
// Differentiable in x, both weights, and scale, table and bias of `attention`. Some sequences at a time go through all
// of it; forward in LibTorch's threads, backward in the caller's. Throws c10::Error for `rows` that are none.
at::Tensor SelfAttention(const SelfAttentionInput& input);

// The same by ATen's operators, for tests.
at::Tensor SelfAttentionPlain(const SelfAttentionInput& input);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_SELF_ATTENTION_H_
