// What the attention operators read, as tensors, and as the arrays of attention_simd.h.
#ifndef TALLY_LIB_KERNELS_ATTENTION_ATTENTION_INPUT_H_
#define TALLY_LIB_KERNELS_ATTENTION_ATTENTION_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/kernels/attention/attention_keys.h"
#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/relative_bias/relative_bias.h"

namespace torch::autograd {
struct AutogradContext;
}  // namespace torch::autograd

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

// The same with contiguous tensors.
CausalAttentionInput Contiguous(CausalAttentionInput input);

// Where the arrays of `input` lie whose qkv is [batch, tokens, 3 hidden].
AttentionLayout LayoutOf(const CausalAttentionInput& input, int64_t batch, int64_t tokens, int64_t hidden);

// Its terms; pointers into its tensors, which are contiguous.
AttentionTerms TermsOf(const CausalAttentionInput& input);

// The gradient of `bias` from that of each sample and head, [batch, heads, seq, seq].
at::Tensor SumToShape(at::Tensor gradient, const at::Tensor& bias);

// Autograd takes no undefined tensors: an empty one stands for a term that is absent.
at::Tensor OrEmpty(const at::Tensor& term);

// Keeps `input`, apart from qkv and cache, and `others`, which may be undefined, for a backward pass.
void Save(const CausalAttentionInput& input, const std::vector<at::Tensor>& others,
          torch::autograd::AutogradContext* context);

// What Save kept.
struct Saved {
  CausalAttentionInput input;
  std::vector<at::Tensor> others;
};
Saved Restore(const torch::autograd::AutogradContext& context);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_ATTENTION_INPUT_H_
