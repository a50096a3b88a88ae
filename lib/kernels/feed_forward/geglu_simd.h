// The gated GELU feed-forward nonlinearity on the CPU, forward and backward, without LibTorch; instructions are chosen
// at run time (Highway).
//
//   out[r, c] = in[r, c] * gelu(in[r, width + c]),   gelu(x) = x Phi(x)     (Shazeer 2020, arXiv 2002.05202)
//
// Phi is the normal distribution function by Abramowitz and Stegun 7.1.26 (Handbook of Mathematical Functions, 1964),
// within 1e-7 of the exact one: it needs exp(-x^2 / 2) alone, which the derivative needs too.
#ifndef TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_SIMD_H_
#define TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_SIMD_H_

#include <cstdint>

namespace tally {

// in [rows, 2 width] -> out [rows, width]. Thread-safe.
void GegluForward(const float* in, int64_t rows, int64_t width, float* out);

// The gradient of `in`, [rows, 2 width], for grad_out [rows, width]; `out` is made again where it is not null.
// Thread-safe.
void GegluBackward(const float* in, const float* grad_out, int64_t rows, int64_t width, float* grad_in,
                   float* out = nullptr);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FEED_FORWARD_GEGLU_SIMD_H_
