#include "lib/kernels/gemm.h"

// BLAS's own interface, column-major; libtorch_cpu.so has it from the library that its products use.
extern "C" void sgemm_(const char* trans_a, const char* trans_b, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);

namespace tally {

void MatrixProduct(int64_t m, int64_t n, int64_t k, Factor a, Factor b, bool add, float* out) {
  // A row-major matrix is its transpose in columns: out' = b' a'.
  const int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
  const float one = 1, beta = add ? 1 : 0;
  sgemm_(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &rows, &columns, &inner, &one, b.data,
         b.transposed ? &inner : &rows, a.data, a.transposed ? &columns : &inner, &beta, out, &rows);
}

}  // namespace tally
