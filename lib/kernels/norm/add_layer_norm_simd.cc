#include "lib/kernels/norm/add_layer_norm_simd.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/norm/add_layer_norm_simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lib/kernels/vectors-inl.h"
// clang-format on

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

// Zeros behind the first `count` lanes.
Floats First(Floats v, int64_t count) {
  if (count >= Lanes()) return v;
  return hn::IfThenElseZero(hn::FirstN(kFloat, static_cast<size_t>(count)), v);
}

void Forward(const float* a, const float* b, const float* weight, const float* bias, float epsilon, int64_t rows,
             int64_t width, float* sum, float* norm, float* moments) {
  const float share = 1 / static_cast<float>(width);
  for (int64_t r = 0; r < rows; ++r, a += width, b += width, sum += width, norm += width, moments += 2) {
    Floats total = hn::Zero(kFloat), squares = hn::Zero(kFloat);
    for (int64_t c = 0; c < width; c += Lanes()) {
      const Floats x = hn::Add(Load(a + c, width - c), Load(b + c, width - c));
      Store(x, width - c, sum + c);
      total = hn::Add(total, x);
    }
    const float mean = Sum(total) * share;
    for (int64_t c = 0; c < width; c += Lanes()) {
      const Floats centred = First(hn::Sub(Load(sum + c, width - c), Broadcast(mean)), width - c);
      squares = hn::MulAdd(centred, centred, squares);
    }
    const float inverse = 1 / std::sqrt(Sum(squares) * share + epsilon);
    for (int64_t c = 0; c < width; c += Lanes()) {
      const int64_t left = width - c;
      const Floats centred = hn::Sub(Load(sum + c, left), Broadcast(mean));
      const Floats scaled = hn::Mul(hn::Mul(centred, Broadcast(inverse)), Load(weight + c, left));
      Store(hn::Add(scaled, Load(bias + c, left)), left, norm + c);
    }
    moments[0] = mean;
    moments[1] = inverse;
  }
}

// With x^ = (x - mean) inverse and g = grad_norm weight: grad x = inverse (g - mean(g) - x^ mean(g x^)) + grad_sum.
void Backward(const float* sum, const float* moments, const float* weight, const float* grad_norm,
              const float* grad_sum, int64_t rows, int64_t width, float* grad_x, float* grad_weight, float* grad_bias) {
  std::fill_n(grad_weight, width, 0.0f);
  std::fill_n(grad_bias, width, 0.0f);
  const float share = 1 / static_cast<float>(width);
  for (int64_t r = 0; r < rows; ++r, sum += width, grad_norm += width, grad_x += width, moments += 2) {
    const Floats mean = Broadcast(moments[0]), inverse = Broadcast(moments[1]);
    const auto normed = [&](int64_t c) { return hn::Mul(hn::Sub(Load(sum + c, width - c), mean), inverse); };
    Floats total = hn::Zero(kFloat), along = hn::Zero(kFloat);
    for (int64_t c = 0; c < width; c += Lanes()) {
      const int64_t left = width - c;
      const Floats x = normed(c), out = Load(grad_norm + c, left), g = hn::Mul(out, Load(weight + c, left));
      total = hn::Add(total, g);
      along = hn::MulAdd(g, x, along);
      Store(hn::MulAdd(out, x, Load(grad_weight + c, left)), left, grad_weight + c);
      Store(hn::Add(out, Load(grad_bias + c, left)), left, grad_bias + c);
    }
    const Floats mean_total = Broadcast(Sum(total) * share), mean_along = Broadcast(Sum(along) * share);
    for (int64_t c = 0; c < width; c += Lanes()) {
      const int64_t left = width - c;
      const Floats g = hn::Mul(Load(grad_norm + c, left), Load(weight + c, left));
      const Floats across = hn::NegMulAdd(normed(c), mean_along, hn::Sub(g, mean_total));
      const Floats skip = grad_sum == nullptr ? hn::Zero(kFloat) : Load(grad_sum + r * width + c, left);
      Store(hn::MulAdd(across, inverse, skip), left, grad_x + c);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tally {

HWY_EXPORT(Forward);
HWY_EXPORT(Backward);

void AddLayerNormForward(const float* a, const float* b, const float* weight, const float* bias, float epsilon,
                         int64_t rows, int64_t width, float* sum, float* norm, float* moments) {
  HWY_DYNAMIC_DISPATCH(Forward)(a, b, weight, bias, epsilon, rows, width, sum, norm, moments);
}

void AddLayerNormBackward(const float* sum, const float* moments, const float* weight, const float* grad_norm,
                          const float* grad_sum, int64_t rows, int64_t width, float* grad_x, float* grad_weight,
                          float* grad_bias) {
  HWY_DYNAMIC_DISPATCH(Backward)
  (sum, moments, weight, grad_norm, grad_sum, rows, width, grad_x, grad_weight, grad_bias);
}

}  // namespace tally
#endif  // HWY_ONCE
