#include "lib/kernels/gemm/bfloat16_simd.h"

#include <hwy/base.h>
#include <immintrin.h>

#include <algorithm>

namespace tally {

bool HasBfloat16Products() { return __builtin_cpu_supports("avx512bf16") != 0; }

void TransposePairs(const uint32_t* in, int64_t rows, int64_t columns, uint32_t* out) {
  constexpr int64_t kTile = 16;  // words: reads and writes of a tile stay within some lines of the cache
  for (int64_t row = 0; row < rows; row += kTile) {
    for (int64_t column = 0; column < columns; ++column) {
      for (int64_t r = row; r < std::min(row + kTile, rows); ++r) out[column * rows + r] = in[r * columns + column];
    }
  }
}

}  // namespace tally

// Highway's targets end before these instructions: they are named here, and HasBfloat16Products asks for them.
HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")
namespace tally {
namespace {

constexpr int64_t kLanes = 16;  // words of a vector

// The first `count` lanes; all where there are more.
inline __mmask16 FirstLanes(int64_t count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : (1 << count) - 1);
}

// Floats of `low` and `high` lane by lane, as pairs.
inline __m512i Paired(__m512 low, __m512 high) {
  alignas(64) static constexpr uint16_t kOrder[2 * kLanes] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                              21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                              11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
  return _mm512_maskz_permutexvar_epi16(0xffffffff, _mm512_load_si512(kOrder), both);
}

// kRows rows of the product by kVectors vectors of its columns, of which the last has the lanes `last`: sums stay in
// registers from the first pair to the last.
template <int kRows, int kVectors>
inline void MultiplyBlock(const PairsProduct& product, int64_t row, int64_t column, __mmask16 last) {
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  const uint32_t* a = product.a + row * product.a_row;
  const uint32_t* b = product.b + column;
  for (int64_t pair = 0; pair < product.pairs; ++pair, a += product.a_pair, b += product.n) {
    __m512bh right[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      right[v] = reinterpret_cast<__m512bh>(v + 1 < kVectors ? _mm512_loadu_si512(b + v * kLanes)
                                                             : _mm512_maskz_loadu_epi32(last, b + v * kLanes));
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const auto left = reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[r * product.a_row])));
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], left, right[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    float* const out = product.out + (row + r) * product.n + column;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const __mmask16 lanes = v + 1 < kVectors ? 0xffff : last;
      const __m512 before = product.add ? _mm512_maskz_loadu_ps(lanes, out + v * kLanes) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(out + v * kLanes, lanes, _mm512_add_ps(before, sums[r][v]));
    }
  }
}

// All rows by kVectors vectors of columns.
template <int kVectors>
void MultiplyColumns(const PairsProduct& product, int64_t column, __mmask16 last) {
  constexpr int kRows = kVectors == 4 ? 6 : 8;  // sums and factors fit into 32 registers
  int64_t row = 0;
  for (; row + kRows <= product.m; row += kRows) MultiplyBlock<kRows, kVectors>(product, row, column, last);
  for (; row + 2 <= product.m; row += 2) MultiplyBlock<2, kVectors>(product, row, column, last);
  for (; row < product.m; ++row) MultiplyBlock<1, kVectors>(product, row, column, last);
}

}  // namespace

void PairColumns(const float* in, int64_t rows, int64_t columns, uint32_t* out) {
  const int64_t pairs = Pairs(columns);
  for (int64_t row = 0; row < rows; ++row, in += columns, out += pairs) {
    for (int64_t c = 0; c < columns; c += 2 * kLanes) {
      const int64_t left = columns - c;
      const __m512 first = _mm512_maskz_loadu_ps(FirstLanes(left), in + c);
      const __m512 second =
          left > kLanes ? _mm512_maskz_loadu_ps(FirstLanes(left - kLanes), in + c + kLanes) : _mm512_setzero_ps();
      const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
      _mm512_mask_storeu_epi32(out + c / 2, FirstLanes(Pairs(left)), both);
    }
  }
}

void PairRows(const float* in, int64_t rows, int64_t columns, uint32_t* out) {
  for (int64_t row = 0; row < rows; row += 2, in += 2 * columns, out += columns) {
    for (int64_t c = 0; c < columns; c += kLanes) {
      const __mmask16 lanes = FirstLanes(columns - c);
      const __m512 low = _mm512_maskz_loadu_ps(lanes, in + c);
      const __m512 high = row + 1 < rows ? _mm512_maskz_loadu_ps(lanes, in + columns + c) : _mm512_setzero_ps();
      _mm512_mask_storeu_epi32(out + c, lanes, Paired(low, high));
    }
  }
}

// Columns are cut into equal blocks of at most four vectors.
void MultiplyPairs(const PairsProduct& product) {
  const int64_t vectors = (product.n + kLanes - 1) / kLanes, blocks = (vectors + 3) / 4;
  if (blocks == 0) return;
  const int64_t width = (vectors + blocks - 1) / blocks * kLanes;
  for (int64_t column = 0; column < product.n; column += width) {
    const int64_t left = std::min(width, product.n - column);
    const __mmask16 last = FirstLanes(left - (left - 1) / kLanes * kLanes);
    switch ((left + kLanes - 1) / kLanes) {
      case 1:
        MultiplyColumns<1>(product, column, last);
        break;
      case 2:
        MultiplyColumns<2>(product, column, last);
        break;
      case 3:
        MultiplyColumns<3>(product, column, last);
        break;
      default:
        MultiplyColumns<4>(product, column, last);
    }
  }
}

}  // namespace tally
HWY_POP_ATTRIBUTES
