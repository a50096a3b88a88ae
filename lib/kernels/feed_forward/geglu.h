// GEGLU, the gated GELU of feed-forward layers: on arrays, as one operator, and with the layer's two products as one.
//
//   out[r, c] = in[r, c] * gelu(in[r, width + c]),   gelu(x) = x Phi(x)     (Shazeer 2020, arXiv 2002.05202)
//
// Phi is the normal distribution function by Abramowitz and Stegun 7.1.26 (Handbook of Mathematical Functions, 1964),
// within 1e-7 of the exact one: it needs exp(-x^2 / 2) alone, which the derivative needs too.
#ifndef TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_H_
#define TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_H_

#include <cstdint>

namespace at {
class Tensor;
}  // namespace at

namespace tally {

// On the CPU, without LibTorch; instructions are chosen at run time (Highway). in [rows, 2 width] -> out [rows, width].
// Thread-safe.
void GegluForward(const float* in, int64_t rows, int64_t width, float* out);

// The gradient of `in`, [rows, 2 width], for grad_out [rows, width]; `out` is made again where it is not null.
// Thread-safe.
void GegluBackward(const float* in, const float* grad_out, int64_t rows, int64_t width, float* grad_in,
                   float* out = nullptr);

// Whether Geglu serves `in`: float32 on the CPU; in builds with its kernels also on a CUDA device, bfloat16 and float16
// there too.
bool SupportsGeglu(const at::Tensor& in);

// in [..., 2 width] as SupportsGeglu says -> a * gelu(b), [..., width], where a is the first half of the last axis and
// b the second. Differentiable; only `in` is kept for that.
at::Tensor Geglu(const at::Tensor& in);

// The same by ATen's operators.
at::Tensor GegluPlain(const at::Tensor& in);

// x [..., hidden], in_weight [2 width, hidden], out_weight [outputs, width], float32 on the CPU ->
// Geglu(x in_weight') out_weight', [..., outputs]. Differentiable in all three. Some rows at a time go through the
// whole layer, forward in LibTorch's threads, backward in the caller's; of what is between the two products only the
// first one's outcome is kept, and that with gradient alone. `bfloat16`: products, of gradients too, as
// lib/kernels/gemm/products.h has them in bfloat16; all else in float32.
at::Tensor GegluFeedForward(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight,
                            bool bfloat16 = false);

// The same by ATen's operators.
at::Tensor GegluFeedForwardPlain(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_H_
