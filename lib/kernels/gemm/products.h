// Matrix products of float32 arrays, as operators need them that multiply a tile at a time: ATen's operators cost some
// microseconds a call, more than the product of a small tile. Thread-safe; in as many threads as LibTorch's products.
//
// In bfloat16 factors are rounded to its eight bits of mantissa and sums stay in float32. Where the processor has
// instructions for that (bfloat16_simd.h) these multiply; elsewhere BLAS multiplies the rounded numbers, no faster than
// others, to the same result within the rounding of sums. Which of the two it is decides the processor alone.
#ifndef TALLY_LIB_KERNELS_GEMM_PRODUCTS_H_
#define TALLY_LIB_KERNELS_GEMM_PRODUCTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

enum class FactorType { kFloat32, kBfloat16 };
inline FactorType FactorTypeOf(bool bfloat16) { return bfloat16 ? FactorType::kBfloat16 : FactorType::kFloat32; }

// How products in bfloat16 are computed; kRounded for tests on machines that have the instructions.
enum class Bfloat16Way { kInstructions, kRounded };
Bfloat16Way FastestBfloat16Way();

// The right factor of several products, rounded and laid out for them once.
class RightFactor {
 public:
  // `matrix` is [k, n], or [n, k] and read as its transpose; contiguous float32 on the CPU.
  RightFactor(const at::Tensor& matrix, bool transposed, FactorType type, Bfloat16Way way = FastestBfloat16Way());

  int64_t k() const { return k_; }
  int64_t n() const { return n_; }

  // out [m, n] = a [m, k] this; both row-major. Any cut of a into rows gives the same bytes in bfloat16 by
  // instructions.
  void Multiply(const float* a, int64_t m, float* out) const;

 private:
  void MultiplyInPairs(const float* a, int64_t m, float* out) const;
  void MultiplyRounded(const float* a, int64_t m, float* out) const;

  const bool transposed_;
  const int64_t k_, n_;
  const FactorType type_;
  const Bfloat16Way way_;
  at::Tensor matrix_;  // as given, or rounded; by instructions in pairs, [Pairs(k), n]
};

// a [..., k] factor, [..., n]; contiguous float32 on the CPU. Not differentiable.
at::Tensor Product(const at::Tensor& a, const RightFactor& factor);

// out [m, n] += a' b for a [k, m] and b [k, n], all row-major: the gradient of a weight from those of k outputs and
// from k inputs.
void AddTransposedProduct(const float* a, const float* b, int64_t k, int64_t m, int64_t n, FactorType type, float* out,
                          Bfloat16Way way = FastestBfloat16Way());

// x [..., inputs], weight [outputs, inputs], bias [outputs] or undefined; float32 on the CPU -> x weight' + bias
// [..., outputs], products in bfloat16. Differentiable in all three; gradients of x and weight are such products too.
at::Tensor Bfloat16Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// The same by ATen's operators on rounded numbers; its gradients are those of float32 at the rounded numbers.
at::Tensor Bfloat16LinearPlain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_GEMM_PRODUCTS_H_
