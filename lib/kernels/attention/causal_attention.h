// Causal multi-head attention in one operator, with the terms that Tally's models add to logits.
#ifndef TALLY_LIB_KERNELS_ATTENTION_CAUSAL_ATTENTION_H_
#define TALLY_LIB_KERNELS_ATTENTION_CAUSAL_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/relative_bias/relative_bias.h"

namespace tally {

// All tensors are float32 on the CPU.
struct CausalAttentionInput {
  // [batch, tokens, 3 hidden], the last tokens of seq, all of them without a cache: queries of all heads, keys of all
  // heads, values of all heads; with `by_head` query, key and value of the first head, then of the second, ...
  at::Tensor qkv;
  int64_t heads = 1;
  bool by_head = false;
  bool unit_norm = false;   // queries and keys are divided by their lengths
  int64_t first_query = 0;  // queries are tokens first_query, ..., seq - 1

  at::Tensor scale;      // [heads]
  at::Tensor row_scale;  // [seq], without gradient

  RelativeIds ids;   // of `table`, [batch or 1, seq]; ids.recurrence [batch or 1]
  at::Tensor table;  // [heads, ids.columns()]; undefined: no relative bias

  at::Tensor bias;  // [1 or batch, 1 or heads, seq, seq], read for keys up to the query; undefined: none

  // Null, or what holds the keys and values of the tokens before qkv's and gets those of qkv: [batch * heads], or empty
  // where none are before. Only without gradient and without `bias`.
  std::vector<AttentionKeys>* cache = nullptr;
};

// out[b, i] = softmax_j(row_scale[i] * (scale[h] <q_i, k_j> + table[h, column(b, i, j)]) + bias[b, h, i, j]) v_j over
// j <= i, heads side by side: [batch, queries, hidden]. Differentiable in qkv, scale, table and bias; equal bytes for
// any number of threads. Neither pass stores a matrix of pairs of tokens, but for the gradient of `bias`.
at::Tensor CausalAttention(const CausalAttentionInput& input);

// While one exists, CausalAttention of this thread takes `count` threads for sequences too long for lanes of heads,
// with the same result: for few long ones, of which it is nearly all of the work, where LibTorch's own operators stay
// serial. Of nested ones the innermost counts.
class AttentionThreads {
 public:
  explicit AttentionThreads(int count);
  ~AttentionThreads();
  AttentionThreads(const AttentionThreads&) = delete;
  AttentionThreads& operator=(const AttentionThreads&) = delete;

 private:
  const int before_;
};

// The same by ATen's operators, for tests.
at::Tensor CausalAttentionPlain(const CausalAttentionInput& input);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_CAUSAL_ATTENTION_H_
