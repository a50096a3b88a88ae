// Matrix products of bfloat16 with sums in float32, on arrays, by the instructions that processors have for them
// (AVX512-BF16: one multiplies and adds 16 pairs). Torch-free, thread-safe.
//
// These instructions want two factors that follow one another along the summed axis side by side. So both matrices come
// as pairs, a word of 32 bits each, of which the first factor is the lower half.
#ifndef TALLY_LIB_KERNELS_GEMM_BFLOAT16_SIMD_H_
#define TALLY_LIB_KERNELS_GEMM_BFLOAT16_SIMD_H_

#include <cstdint>

namespace tally {

// Whether this processor has the instructions; without them none of the functions below may be called.
bool HasBfloat16Products();

// Pairs along an axis of `count`; an odd one is filled up with a zero.
inline int64_t Pairs(int64_t count) { return (count + 1) / 2; }

// in [rows, columns], rounded to nearest, ties to even -> [rows, Pairs(columns)].
void PairColumns(const float* in, int64_t rows, int64_t columns, uint32_t* out);

// in [rows, columns], rounded as above -> [Pairs(rows), columns].
void PairRows(const float* in, int64_t rows, int64_t columns, uint32_t* out);

// [rows, columns] -> [columns, rows].
void TransposePairs(const uint32_t* in, int64_t rows, int64_t columns, uint32_t* out);

struct PairsProduct {
  int64_t m = 0, n = 0, pairs = 0;
  const uint32_t* a = nullptr;  // pair p of row i is at a[i * a_row + p * a_pair]
  int64_t a_row = 0, a_pair = 0;
  const uint32_t* b = nullptr;  // [pairs, n]
  float* out = nullptr;         // [m, n]
  bool add = false;             // to what is there
};

// out = a b, or out += a b. Each number is a sum in the order of its pairs, whatever m and n are.
void MultiplyPairs(const PairsProduct& product);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_GEMM_BFLOAT16_SIMD_H_
