// The gated GELU feed-forward layer as one operator.
#ifndef TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_FEED_FORWARD_H_
#define TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_FEED_FORWARD_H_

#include <ATen/core/Tensor.h>

namespace tally {

// x [..., hidden], in_weight [2 width, hidden], out_weight [outputs, width], float32 on the CPU ->
// Geglu(x in_weight') out_weight', [..., outputs] (geglu.h; Shazeer 2020, arXiv 2002.05202). Differentiable in all
// three. Some rows at a time go through the whole layer, forward in LibTorch's threads, backward in the caller's; of
// what is between the two products only the first one's outcome is kept, and that with gradient alone.
at::Tensor GegluFeedForward(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight);

// The same by ATen's operators.
at::Tensor GegluFeedForwardPlain(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_FEED_FORWARD_H_
