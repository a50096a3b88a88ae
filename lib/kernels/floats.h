// The numbers of contiguous float32 tensors as arrays, and matrix products of such arrays by LibTorch's BLAS: for
// operators that multiply a tile at a time, as ATen's operators cost some microseconds a call, more than the product of
// a small tile.
#ifndef TALLY_LIB_KERNELS_FLOATS_H_
#define TALLY_LIB_KERNELS_FLOATS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

// BLAS's own interface, column-major; libtorch_cpu.so has it from the library that its products use.
extern "C" void sgemm_(const char* trans_a, const char* trans_b, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);

namespace tally {

// The first number, for reading; null for an undefined tensor.
inline const float* Data(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

// Where tensor[i] begins, for writing.
inline float* At(const at::Tensor& tensor, int64_t i) { return tensor.data_ptr<float>() + i * tensor.stride(0); }

// A factor: row-major, contiguous, and read as its transpose where `transposed`.
struct Factor {
  const float* data = nullptr;
  bool transposed = false;
};

inline Factor Transposed(const float* data) { return {data, true}; }
inline Factor AsIs(const float* data) { return {data, false}; }

// out [m, n] = a b, or out += a b where `add`, with a [m, k] and b [k, n] after transposition; `out` is row-major and
// contiguous. Thread-safe; uses as many threads as LibTorch's products do.
inline void MatrixProduct(int64_t m, int64_t n, int64_t k, Factor a, Factor b, bool add, float* out) {
  // A row-major matrix is its transpose in columns: out' = b' a'.
  const int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
  const float one = 1, beta = add ? 1 : 0;
  sgemm_(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &rows, &columns, &inner, &one, b.data,
         b.transposed ? &inner : &rows, a.data, a.transposed ? &columns : &inner, &beta, out, &rows);
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FLOATS_H_
