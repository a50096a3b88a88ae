// What the SIMD kernels share: vectors of floats, and rows of floats that need not fill whole vectors. Compiled once
// for each set of instructions (Highway's -inl.h pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_VECTORS_INL_H_
#undef TALLY_LIB_KERNELS_VECTORS_INL_H_
#else
#define TALLY_LIB_KERNELS_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using Floats = hn::Vec<FloatTag>;
using IntTag = hn::RebindToSigned<FloatTag>;
using Ints = hn::Vec<IntTag>;

constexpr FloatTag kFloat;
constexpr IntTag kInt;

constexpr float kMasked = -std::numeric_limits<float>::infinity();

inline int64_t RoundUp(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

inline int64_t Lanes() { return static_cast<int64_t>(hn::Lanes(kFloat)); }

inline Ints SetInt(int64_t x) { return hn::Set(kInt, static_cast<int32_t>(x)); }
inline Floats Broadcast(float x) { return hn::Set(kFloat, x); }
inline Floats Load(const float* p) { return hn::LoadU(kFloat, p); }
inline void Store(Floats v, float* p) { hn::StoreU(v, kFloat, p); }
inline float Sum(Floats v) { return hn::GetLane(hn::SumOfLanes(kFloat, v)); }

// The `count` floats at `p`, at most a vector of them, then zeros. Neither this nor the next touches what is beyond
// them: where masked instructions would, a part of a vector goes through a buffer.
inline Floats Load(const float* p, int64_t count) {
  if (count >= Lanes()) return Load(p);
  if (count <= 0) return hn::Zero(kFloat);
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float part[HWY_MAX_BYTES / sizeof(float)] = {};
  std::memcpy(part, p, count * sizeof(float));
  return hn::Load(kFloat, part);
#else
  return hn::MaskedLoad(hn::FirstN(kFloat, count), kFloat, p);
#endif
}

// The first `count` lanes of `v`, or all of them, to `p`.
inline void Store(Floats v, int64_t count, float* p) {
  if (count >= Lanes()) return Store(v, p);
  if (count <= 0) return;
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float part[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, kFloat, part);
  std::memcpy(p, part, count * sizeof(float));
#else
  hn::BlendedStore(v, hn::FirstN(kFloat, count), kFloat, p);
#endif
}

// <a, b> over `n` floats, a multiple of Lanes().
inline float Dot(const float* a, const float* b, int64_t n) {
  Floats sum = hn::Zero(kFloat);
  for (int64_t i = 0; i < n; i += Lanes()) sum = hn::MulAdd(Load(a + i), Load(b + i), sum);
  return Sum(sum);
}

// x *= factor over `n` floats, a multiple of Lanes().
inline void Scale(float factor, int64_t n, float* x) {
  for (int64_t i = 0; i < n; i += Lanes()) Store(hn::Mul(Broadcast(factor), Load(x + i)), x + i);
}

// The `size` floats at `from`, then zeros up to a multiple of Lanes().
inline void CopyPadded(const float* from, int64_t size, float* to) {
  for (int64_t d = 0; d < size; d += Lanes()) Store(Load(from + d, size - d), to + d);
}

// The first `size` of the floats at `from`, which go on to a multiple of Lanes().
inline void CopyFirst(const float* from, int64_t size, float* to) {
  for (int64_t d = 0; d < size; d += Lanes()) Store(Load(from + d), size - d, to + d);
}

// exp(x) / 2^shift for whole numbers `shift`; 0 where the result is not a normal number, and so for -infinity.
//
// exp(x) = 2^(n + f), n = round(x log2(e)): adding 1.5 * 2^23 rounds to whole numbers, which are then in the low
// bits; 2^f on [-.5, .5] by a polynomial of degree 5, the minimax one in relative error, within 1.5e-7.
class Exponential {
 public:
  explicit Exponential(float shift)
      : magic_(Broadcast(12582912.0f - shift)), least_(Broadcast((shift - 126) * 0.69314718f)) {}

  HWY_INLINE Floats operator()(Floats x) const {
    const Floats log2e = Broadcast(1.44269504f);
    const Floats shifted = hn::MulAdd(x, log2e, magic_);
    const Floats f = hn::MulSub(x, log2e, hn::Sub(shifted, magic_));
    Floats p = hn::MulAdd(f, Broadcast(0.00132764686f), Broadcast(0.00967554135f));
    p = hn::MulAdd(f, p, Broadcast(0.0555071329f));
    p = hn::MulAdd(f, p, Broadcast(0.240221197f));
    p = hn::MulAdd(f, p, Broadcast(0.693146967f));
    p = hn::MulAdd(f, p, Broadcast(1.0f));
    const Ints exponent = hn::ShiftLeft<23>(hn::BitCast(kInt, shifted));
    return hn::IfThenElseZero(hn::Gt(x, least_), hn::BitCast(kFloat, hn::Add(hn::BitCast(kInt, p), exponent)));
  }

 private:
  const Floats magic_, least_;
};

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_VECTORS_INL_H_
