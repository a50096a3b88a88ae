// What the attention operators read as the arrays of attention_simd.h, and how they keep it for their backward passes.
#ifndef TALLY_LIB_KERNELS_ATTENTION_ATTENTION_INPUT_H_
#define TALLY_LIB_KERNELS_ATTENTION_ATTENTION_INPUT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/kernels/attention/attention_simd.h"
#include "lib/kernels/attention/causal_attention.h"

namespace torch::autograd {
struct AutogradContext;
}  // namespace torch::autograd

namespace tally {

// `input` with contiguous tensors.
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
