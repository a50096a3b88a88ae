// The gated GELU feed-forward nonlinearity as one operator.
#ifndef TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_H_
#define TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_H_

#include <ATen/core/Tensor.h>

namespace tally {

// Whether Geglu serves `in`: float32, on the CPU or, in builds with its kernels, on a CUDA device.
bool SupportsGeglu(const at::Tensor& in);

// in [..., 2 width] as SupportsGeglu says -> a * gelu(b), [..., width], where a is the first half of the last axis and
// b the second (geglu_simd.h). Differentiable; only `in` is kept for that.
at::Tensor Geglu(const at::Tensor& in);

// The same by ATen's operators.
at::Tensor GegluPlain(const at::Tensor& in);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_H_
