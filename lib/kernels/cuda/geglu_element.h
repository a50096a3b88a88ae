// The gated GELU nonlinearity, number by number (formulas: lib/kernels/feed_forward/geglu.h, with the exact erfc).
#ifndef TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_
#define TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/float_kind.h"
#include "lib/kernels/cuda/host_device.h"

namespace tally {

// in [rows, 2 width], out and grad_out [rows, width], grad_in [rows, 2 width].
struct GegluArrays {
  const void* in = nullptr;
  const void* grad_out = nullptr;  // backward
  int64_t rows = 0, width = 0;
  void* out = nullptr;      // forward
  void* grad_in = nullptr;  // backward
  FloatKind kind = FloatKind::kFloat;
};

// Where the first half's partner of output i is, and `width` on from there the second half's.
TALLY_HOST_DEVICE inline int64_t GegluInput(const GegluArrays& x, int64_t i) { return i / x.width * x.width + i; }

// Phi(x), the normal distribution function.
TALLY_HOST_DEVICE inline float NormalDistribution(float x) { return 0.5f * erfcf(-0.70710678118654752f * x); }

// Output i of rows * width; T: what `kind` says.
template <typename T>
TALLY_HOST_DEVICE void GegluForwardAt(const GegluArrays& x, int64_t i) {
  const T* const in = static_cast<const T*>(x.in) + GegluInput(x, i);
  const float a = static_cast<float>(in[0]), b = static_cast<float>(in[x.width]);
  static_cast<T*>(x.out)[i] = static_cast<T>(a * b * NormalDistribution(b));
}

// The two gradients that output i gives.
template <typename T>
TALLY_HOST_DEVICE void GegluBackwardAt(const GegluArrays& x, int64_t i) {
  const int64_t at = GegluInput(x, i);
  const T* const in = static_cast<const T*>(x.in) + at;
  T* const grad_in = static_cast<T*>(x.grad_in) + at;
  const float a = static_cast<float>(in[0]), b = static_cast<float>(in[x.width]);
  const float g = static_cast<float>(static_cast<const T*>(x.grad_out)[i]), distribution = NormalDistribution(b);
  const float density = 0.39894228040143268f * expf(-0.5f * b * b);
  grad_in[0] = static_cast<T>(g * b * distribution);
  grad_in[x.width] = static_cast<T>(g * a * (distribution + b * density));
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_
