// Matrix products of plain arrays by LibTorch's BLAS, for operators that multiply a tile at a time: ATen's operators
// cost some microseconds a call, more than the product of a small tile.
#ifndef TALLY_LIB_KERNELS_GEMM_H_
#define TALLY_LIB_KERNELS_GEMM_H_

#include <cstdint>

namespace tally {

// A factor: row-major, contiguous, and read as its transpose where `transposed`.
struct Factor {
  const float* data = nullptr;
  bool transposed = false;
};

inline Factor Transposed(const float* data) { return {data, true}; }
inline Factor AsIs(const float* data) { return {data, false}; }

// out [m, n] = a b, or out += a b where `add`, with a [m, k] and b [k, n] after transposition; `out` is row-major and
// contiguous. Thread-safe; uses as many threads as LibTorch's products do.
void MatrixProduct(int64_t m, int64_t n, int64_t k, Factor a, Factor b, bool add, float* out);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_GEMM_H_
