// The gated GELU nonlinearity, number by number (formulas: lib/kernels/feed_forward/geglu.h, with the exact erfc).
#ifndef TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_
#define TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_

#include <cmath>
#include <cstdint>

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
TALLY_HOST_DEVICE inline int64_t GegluInput(const GegluArrays& x, int64_t i) {
  // Devices divide numbers of 32 bits several times as fast.
  const int64_t row = i < UINT32_MAX ? static_cast<uint32_t>(i) / static_cast<uint32_t>(x.width) : i / x.width;
  return row * x.width + i;
}

// Phi(x), the normal distribution function.
TALLY_HOST_DEVICE inline float NormalDistribution(float x) { return 0.5f * erfcf(-0.70710678118654752f * x); }

// Of one pair of inputs.
template <typename T>
TALLY_HOST_DEVICE T GegluOf(T a, T b) {
  return static_cast<T>(static_cast<float>(a) * static_cast<float>(b) * NormalDistribution(static_cast<float>(b)));
}

template <typename T>
TALLY_HOST_DEVICE void GegluGradients(T first, T second, T grad, T* of_first, T* of_second) {
  const float a = static_cast<float>(first), b = static_cast<float>(second), g = static_cast<float>(grad);
  const float distribution = NormalDistribution(b), density = 0.39894228040143268f * expf(-0.5f * b * b);
  *of_first = static_cast<T>(g * b * distribution);
  *of_second = static_cast<T>(g * a * (distribution + b * density));
}

// Numbers that one thread has, where rows are long enough to be cut into as many.
constexpr int64_t kGegluNumbers = 4;

// As many numbers side by side, read and written at once.
template <typename T>
struct alignas(sizeof(T) * kGegluNumbers) GegluPack {
  T numbers[kGegluNumbers];
};

// Output i of rows * width; T: what `kind` says.
template <typename T>
TALLY_HOST_DEVICE void GegluForwardAt(const GegluArrays& x, int64_t i) {
  const T* const in = static_cast<const T*>(x.in) + GegluInput(x, i);
  static_cast<T*>(x.out)[i] = GegluOf(in[0], in[x.width]);
}

// Outputs i * kGegluNumbers, ...; `width` is a multiple of that.
template <typename T>
TALLY_HOST_DEVICE void GegluForwardPackAt(const GegluArrays& x, int64_t i) {
  const T* const in = static_cast<const T*>(x.in) + GegluInput(x, i * kGegluNumbers);
  const auto a = *reinterpret_cast<const GegluPack<T>*>(in), b = *reinterpret_cast<const GegluPack<T>*>(in + x.width);
  GegluPack<T> out;
  for (int k = 0; k < kGegluNumbers; ++k) out.numbers[k] = GegluOf(a.numbers[k], b.numbers[k]);
  static_cast<GegluPack<T>*>(x.out)[i] = out;
}

// The two gradients that output i gives.
template <typename T>
TALLY_HOST_DEVICE void GegluBackwardAt(const GegluArrays& x, int64_t i) {
  const int64_t at = GegluInput(x, i);
  const T* const in = static_cast<const T*>(x.in) + at;
  T* const grad_in = static_cast<T*>(x.grad_in) + at;
  GegluGradients(in[0], in[x.width], static_cast<const T*>(x.grad_out)[i], grad_in, grad_in + x.width);
}

// Those that outputs i * kGegluNumbers, ... give.
template <typename T>
TALLY_HOST_DEVICE void GegluBackwardPackAt(const GegluArrays& x, int64_t i) {
  const int64_t at = GegluInput(x, i * kGegluNumbers);
  const T* const in = static_cast<const T*>(x.in) + at;
  T* const grad_in = static_cast<T*>(x.grad_in) + at;
  const auto a = *reinterpret_cast<const GegluPack<T>*>(in), b = *reinterpret_cast<const GegluPack<T>*>(in + x.width);
  const GegluPack<T> g = static_cast<const GegluPack<T>*>(x.grad_out)[i];
  GegluPack<T> of_a, of_b;
  for (int k = 0; k < kGegluNumbers; ++k) {
    GegluGradients(a.numbers[k], b.numbers[k], g.numbers[k], &of_a.numbers[k], &of_b.numbers[k]);
  }
  *reinterpret_cast<GegluPack<T>*>(grad_in) = of_a;
  *reinterpret_cast<GegluPack<T>*>(grad_in + x.width) = of_b;
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_GEGLU_ELEMENT_H_
