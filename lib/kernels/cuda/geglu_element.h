// The gated GELU nonlinearity, number by number (formulas: lib/kernels/feed_forward/geglu.h, with the exact erfc).
#ifndef TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_
#define TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace tally {

// in [rows, 2 width], out and grad_out [rows, width], grad_in [rows, 2 width].
struct GegluArrays {
  const float* in = nullptr;
  const float* grad_out = nullptr;  // backward
  int64_t rows = 0, width = 0;
  float* out = nullptr;      // forward
  float* grad_in = nullptr;  // backward
};

// Where the first half's partner of output i is, and `width` on from there the second half's.
TALLY_HOST_DEVICE inline int64_t GegluInput(const GegluArrays& x, int64_t i) { return i / x.width * x.width + i; }

// Phi(x), the normal distribution function.
TALLY_HOST_DEVICE inline float NormalDistribution(float x) { return 0.5f * erfcf(-0.70710678118654752f * x); }

// Output i of rows * width.
TALLY_HOST_DEVICE inline void GegluForwardAt(const GegluArrays& x, int64_t i) {
  const int64_t at = GegluInput(x, i);
  const float a = x.in[at], b = x.in[at + x.width];
  x.out[i] = a * b * NormalDistribution(b);
}

// The two gradients that output i gives.
TALLY_HOST_DEVICE inline void GegluBackwardAt(const GegluArrays& x, int64_t i) {
  const int64_t at = GegluInput(x, i);
  const float a = x.in[at], b = x.in[at + x.width], g = x.grad_out[i], distribution = NormalDistribution(b);
  const float density = 0.39894228040143268f * expf(-0.5f * b * b);
  x.grad_in[at] = g * b * distribution;
  x.grad_in[at + x.width] = g * a * (distribution + b * density);
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_
