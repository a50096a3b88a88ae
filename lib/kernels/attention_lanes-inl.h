// Heads in the lanes of vectors: each lane holds one sample and head, so that a loop over tokens and features does the
// same work for all of them, however few features or tokens there are. Compiled once for each set of instructions
// (Highway's -inl.h pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_LANES_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_LANES_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "lib/kernels/attention_keys-inl.h"
#include "lib/kernels/attention_simd.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

// Queries and keys of a block, all pairs of which are worked on together: AVX-512 has registers for 16 pairs.
constexpr int64_t kSide = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

using Pairs = Floats[kSide][kSide];  // a vector for query r and key c of a block

// Group number `group` of heads, a lane each; lanes that are left over in the last group repeat its last head.
struct HeadGroup {
  HeadGroup(const AttentionLayout& layout, int64_t group)
      : first(group * Lanes()), count(std::min(Lanes(), layout.batch * layout.heads - first)) {
    for (int64_t lane = 0; lane < Lanes(); ++lane) {
      const int64_t number = first + std::min(lane, count - 1);
      sample[lane] = number / layout.heads;
      head[lane] = number % layout.heads;
      input[lane] = InputRow(layout, sample[lane], head[lane], 0);
      output[lane] = OutputBegin(layout, sample[lane], head[lane]);
    }
  }

  static constexpr int64_t kMost = HWY_MAX_BYTES / sizeof(float);
  const int64_t first, count;
  int64_t sample[kMost], head[kMost];   // of each lane
  int64_t input[kMost], output[kMost];  // where token 0, and the first query, begins
};

// Reads rows of floats into lanes and writes them back. Not thread-safe.
class Lanewise {
 public:
  // For rows of `most` floats at most.
  explicit Lanewise(int64_t most) : parts_(Vectors(most) * Lanes()) {}

  // Vectors for rows of `size` floats: a multiple of four.
  static int64_t Vectors(int64_t size) { return RoundUp(size, kFour); }

  // to [Vectors(size), lanes]: lane k of vector d <- float d of the row at rows + offsets[k], or 0 beyond the row.
  void Read(const float* rows, const int64_t* offsets, int64_t size, float* to) {
    for (int64_t d = 0; d < size; d += kFour) {
      for (int64_t lane = 0; lane < Lanes(); ++lane) Copy(rows + offsets[lane] + d, size - d, Part(d, lane));
    }
    for (int64_t d = 0; d < size; d += kFour) {
      Floats v[kFour];
      hn::LoadInterleaved4(kFloat, Part(d, 0), v[0], v[1], v[2], v[3]);
      for (int64_t k = 0; k < kFour; ++k) Store(k < size - d ? v[k] : hn::Zero(kFloat), to + (d + k) * Lanes());
    }
  }

  // The other way, for the first `count` lanes.
  void Write(const float* from, const int64_t* offsets, int64_t size, int64_t count, float* rows) {
    for (int64_t d = 0; d < size; d += kFour) {
      const float* const v = from + d * Lanes();
      hn::StoreInterleaved4(Load(v), Load(v + Lanes()), Load(v + 2 * Lanes()), Load(v + 3 * Lanes()), kFloat,
                            Part(d, 0));
    }
    for (int64_t d = 0; d < size; d += kFour) {
      for (int64_t lane = 0; lane < count; ++lane) Copy(Part(d, lane), size - d, rows + offsets[lane] + d);
    }
  }

 private:
  static constexpr int64_t kFour = 4;

  float* Part(int64_t d, int64_t lane) { return &parts_[d * Lanes() + lane * kFour]; }

  // Four floats, or the `left` ones.
  static void Copy(const float* from, int64_t left, float* to) {
    if (left >= kFour) {
      std::memcpy(to, from, kFour * sizeof(float));
    } else {
      std::memcpy(to, from, left * sizeof(float));
    }
  }

  std::vector<float> parts_;  // [fours, lanes, 4]
};

// <a, b>, a *= factor and a += factor * b in each lane, over vectors of one token.
inline Floats LaneDot(const float* a, const float* b, int64_t vectors) {
  Floats sum = hn::Zero(kFloat);
  for (int64_t k = 0; k < vectors * Lanes(); k += Lanes()) sum = hn::MulAdd(Load(a + k), Load(b + k), sum);
  return sum;
}
inline void LaneScale(Floats factor, int64_t vectors, float* a) {
  for (int64_t k = 0; k < vectors * Lanes(); k += Lanes()) Store(hn::Mul(factor, Load(a + k)), a + k);
}
inline void AddLane(Floats factor, const float* b, int64_t vectors, float* a) {
  for (int64_t k = 0; k < vectors * Lanes(); k += Lanes()) {
    Store(hn::MulAdd(factor, Load(b + k), Load(a + k)), a + k);
  }
}

// out[r][c] = <a_r, b_c> in each lane; a and b are kSide tokens of `vectors` vectors.
HWY_INLINE void Multiply(const float* a, const float* b, int64_t vectors, Pairs& out) {
  Pairs sums;  // of its own, so that it stays in registers
  for (auto& row : sums) {
    for (Floats& sum : row) sum = hn::Zero(kFloat);
  }
  for (int64_t d = 0; d < vectors; ++d) {
    Floats x[kSide], y[kSide];
    for (int64_t k = 0; k < kSide; ++k) x[k] = Load(a + (k * vectors + d) * Lanes());
    for (int64_t k = 0; k < kSide; ++k) y[k] = Load(b + (k * vectors + d) * Lanes());
    for (int64_t r = 0; r < kSide; ++r) {
      for (int64_t c = 0; c < kSide; ++c) sums[r][c] = hn::MulAdd(x[r], y[c], sums[r][c]);
    }
  }
  for (int64_t r = 0; r < kSide; ++r) {
    for (int64_t c = 0; c < kSide; ++c) out[r][c] = sums[r][c];
  }
}

// rows_c += sum_r weights[r][c] * from_r in each lane, for the kSide tokens of `rows` and `from`.
HWY_INLINE void AddWeighed(const Pairs& weights, const float* from, int64_t vectors, float* rows) {
  for (int64_t d = 0; d < vectors; ++d) {
    Floats x[kSide];
    for (int64_t r = 0; r < kSide; ++r) x[r] = Load(from + (r * vectors + d) * Lanes());
    for (int64_t c = 0; c < kSide; ++c) {
      Floats sum = Load(rows + (c * vectors + d) * Lanes());
      for (int64_t r = 0; r < kSide; ++r) sum = hn::MulAdd(weights[r][c], x[r], sum);
      Store(sum, rows + (c * vectors + d) * Lanes());
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_LANES_INL_H_
