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

#include "lib/kernels/attention/attention_simd.h"
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
      number[lane] = first + std::min(lane, count - 1);
      sample[lane] = number[lane] / layout.heads;
      head[lane] = number[lane] % layout.heads;
      input[lane] = layout.InputRow(sample[lane], head[lane], 0);
      output[lane] = layout.OutputBegin(sample[lane], head[lane]);
    }
  }

  static constexpr int64_t kMost = HWY_MAX_BYTES / sizeof(float);
  const int64_t first, count;
  int64_t number[kMost], sample[kMost], head[kMost];  // of each lane
  int64_t input[kMost], output[kMost];                // where token 0, and the first query, begins
};

// Rows of floats into lanes and back. Four floats of each lane are a 128-bit part: vector m takes the parts of lanes m,
// m + 4, ..., and a transposition within the parts makes vectors of one float of each lane of four such vectors.
class Lanewise {
 public:
  // Vectors for rows of `size` floats: a multiple of four.
  static int64_t Vectors(int64_t size) { return RoundUp(size, kFour); }

  // to [Vectors(size), lanes]: lane k of vector d <- float d of the row at rows + offsets[k], or 0 beyond the row.
  static HWY_INLINE void Read(const float* rows, const int64_t* offsets, int64_t size, float* to) {
    int64_t d = 0;
    for (; HasParts() && d + kFour <= size; d += kFour) ReadPart(rows + d, offsets, to + d * Lanes());
    if (d < size) std::fill_n(to + d * Lanes(), (Vectors(size) - d) * Lanes(), 0.0f);
    for (; d < size; ++d) {
      for (int64_t lane = 0; lane < Lanes(); ++lane) to[d * Lanes() + lane] = rows[offsets[lane] + d];
    }
  }

  // The other way, for the first `count` lanes.
  static HWY_INLINE void Write(const float* from, const int64_t* offsets, int64_t size, int64_t count, float* rows) {
    int64_t d = 0;
    for (; HasParts() && d + kFour <= size; d += kFour) WritePart(from + d * Lanes(), offsets, count, rows + d);
    for (; d < size; ++d) {
      for (int64_t lane = 0; lane < count; ++lane) rows[offsets[lane] + d] = from[d * Lanes() + lane];
    }
  }

 private:
  static constexpr int64_t kFour = 4;
  static constexpr bool HasParts() { return HWY_TARGET != HWY_SCALAR; }

#if HWY_TARGET == HWY_SCALAR
  static void ReadPart(const float*, const int64_t*, float*) {}
  static void WritePart(const float*, const int64_t*, int64_t, float*) {}
#else
  static HWY_INLINE void ReadPart(const float* rows, const int64_t* offsets, float* to) {
    HWY_ALIGN float vectors[kFour * HeadGroup::kMost];
    for (int64_t m = 0; m < kFour; ++m) {
      Floats parts = hn::LoadDup128(kFloat, rows + offsets[m]);
      for (int64_t lane = kFour; lane < Lanes(); lane += kFour) {
        const Floats part = hn::LoadDup128(kFloat, rows + offsets[lane + m]);
        parts = hn::IfThenElse(hn::FirstN(kFloat, lane), parts, part);
      }
      Store(parts, &vectors[m * Lanes()]);
    }
    Transpose(vectors, to);
  }

  static HWY_INLINE void WritePart(const float* from, const int64_t* offsets, int64_t count, float* rows) {
    HWY_ALIGN float parts[kFour * HeadGroup::kMost];
    Transpose(from, parts);
    for (int64_t lane = 0; lane < count; ++lane) {
      std::memcpy(rows + offsets[lane], &parts[lane % kFour * Lanes() + lane / kFour * kFour], kFour * sizeof(float));
    }
  }

  // out [4, lanes], part b: the columns of part b of in [4, lanes].
  static HWY_INLINE void Transpose(const float* in, float* out) {
    const Floats a = Load(in), b = Load(in + Lanes()), c = Load(in + 2 * Lanes()), d = Load(in + 3 * Lanes());
    StorePairs(hn::InterleaveLower(a, b), hn::InterleaveLower(c, d), out);
    StorePairs(hn::InterleaveUpper(kFloat, a, b), hn::InterleaveUpper(kFloat, c, d), out + 2 * Lanes());
  }

  // The lower halves of both vectors' parts, then the upper ones.
  static HWY_INLINE void StorePairs(Floats x, Floats y, float* out) {
    const hn::Repartition<double, FloatTag> pairs;
    const auto a = hn::BitCast(pairs, x), b = hn::BitCast(pairs, y);
    Store(hn::BitCast(kFloat, hn::InterleaveLower(a, b)), out);
    Store(hn::BitCast(kFloat, hn::InterleaveUpper(pairs, a, b)), out + Lanes());
  }
#endif
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
HWY_INLINE void AddScaled(const Pairs& weights, const float* from, int64_t vectors, float* rows) {
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

HWY_INLINE void Transpose(const Pairs& in, Pairs& out) {
  for (int64_t r = 0; r < kSide; ++r) {
    for (int64_t c = 0; c < kSide; ++c) out[c][r] = in[r][c];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_LANES_INL_H_
