#include "lib/kernels/feed_forward/geglu.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/feed_forward/geglu_simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lib/kernels/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

// Phi(x) and the density phi(x) = exp(-x^2 / 2) / sqrt(2 pi).
struct Normal {
  Floats distribution, density;
};

// 1 / x for x >= 1: a step of Newton's method makes twelve correct bits or more at least 22.
HWY_INLINE Floats Reciprocal(Floats x) {
  const Floats r = hn::ApproximateReciprocal(x);
  return hn::Mul(r, hn::NegMulAdd(x, r, Broadcast(2)));
}

// 7.1.26: erfc(z) = t (a1 + t (a2 + ... )) exp(-z^2), t = 1 / (1 + .3275911 z), for z = |x| / sqrt(2) >= 0; Phi(-|x|)
// is half of that.
HWY_INLINE Normal NormalOf(const Exponential& exponential, Floats x) {
  const Floats z = hn::Mul(hn::Abs(x), Broadcast(0.70710678118654752f));
  const Floats e = exponential(hn::NegMulAdd(z, z, hn::Zero(kFloat)));
  const Floats t = Reciprocal(hn::MulAdd(Broadcast(0.3275911f), z, Broadcast(1)));
  Floats p = hn::MulAdd(t, Broadcast(1.061405429f), Broadcast(-1.453152027f));
  p = hn::MulAdd(t, p, Broadcast(1.421413741f));
  p = hn::MulAdd(t, p, Broadcast(-0.284496736f));
  p = hn::MulAdd(t, p, Broadcast(0.254829592f));
  const Floats tail = hn::Mul(hn::Mul(Broadcast(0.5f), e), hn::Mul(p, t));
  const Floats distribution = hn::IfThenElse(hn::Lt(x, hn::Zero(kFloat)), tail, hn::Sub(Broadcast(1), tail));
  return {distribution, hn::Mul(e, Broadcast(0.39894228040143268f))};
}

// Calls f(at, count) for vectors that cover 0..n-1; `count` is what is left from there on.
template <typename F>
void ForVectors(int64_t n, F f) {
  for (int64_t i = 0; i < n; i += Lanes()) f(i, n - i);
}

void Forward(const float* in, int64_t rows, int64_t width, float* out) {
  const Exponential exponential(0);
  for (int64_t r = 0; r < rows; ++r, in += 2 * width, out += width) {
    ForVectors(width, [&](int64_t c, int64_t count) {
      const Floats a = Load(in + c, count), b = Load(in + width + c, count);
      Store(hn::Mul(a, hn::Mul(b, NormalOf(exponential, b).distribution)), count, out + c);
    });
  }
}

void Backward(const float* in, const float* grad_out, int64_t rows, int64_t width, float* grad_in, float* out) {
  const Exponential exponential(0);
  for (int64_t r = 0; r < rows; ++r, in += 2 * width, grad_out += width, grad_in += 2 * width) {
    ForVectors(width, [&](int64_t c, int64_t count) {
      const Floats a = Load(in + c, count), b = Load(in + width + c, count), g = Load(grad_out + c, count);
      const Normal n = NormalOf(exponential, b);
      const Floats gelu = hn::Mul(b, n.distribution);
      Store(hn::Mul(g, gelu), count, grad_in + c);
      if (out != nullptr) Store(hn::Mul(a, gelu), count, out + r * width + c);
      const Floats derivative = hn::MulAdd(b, n.density, n.distribution);
      Store(hn::Mul(hn::Mul(g, a), derivative), count, grad_in + width + c);
    });
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

void GegluForward(const float* in, int64_t rows, int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(Forward)(in, rows, width, out);
}

void GegluBackward(const float* in, const float* grad_out, int64_t rows, int64_t width, float* grad_in, float* out) {
  HWY_DYNAMIC_DISPATCH(Backward)(in, grad_out, rows, width, grad_in, out);
}

}  // namespace tally
#endif  // HWY_ONCE
