#include "lib/kernels/gemm/products.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "lib/kernels/floats.h"
#include "lib/kernels/gemm/bfloat16_simd.h"

// BLAS's own interface, column-major; libtorch_cpu.so has it from the library that its products use.
extern "C" void sgemm_(const char* trans_a, const char* trans_b, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// Rows of a left factor that are rounded at a time: they stay in the first caches until they are multiplied.
constexpr int64_t kRows = 128;

// A factor: row-major, contiguous, and read as its transpose where `transposed`.
struct Factor {
  const float* data = nullptr;
  bool transposed = false;
};

// out [m, n] = a b, or out += a b where `add`, with a [m, k] and b [k, n] after transposition.
void MatrixProduct(int64_t m, int64_t n, int64_t k, Factor a, Factor b, bool add, float* out) {
  // A row-major matrix is its transpose in columns: out' = b' a'.
  const int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
  const float one = 1, beta = add ? 1 : 0;
  sgemm_(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &rows, &columns, &inner, &one, b.data,
         b.transposed ? &inner : &rows, a.data, a.transposed ? &columns : &inner, &beta, out, &rows);
}

at::Tensor WordsFor(int64_t rows, int64_t columns) { return at::empty({rows, columns}, at::kInt); }

uint32_t* Words(const at::Tensor& tensor) { return reinterpret_cast<uint32_t*>(tensor.data_ptr<int32_t>()); }

// What a call needs for its own time. Each thread keeps it for the next call: a step makes some hundred calls, and
// memory for each would cost as much as all else that a step of few rows does beside its products.
struct Scratch {
  // Room for `count` words; what a call before has left there is lost.
  static uint32_t* Of(at::Tensor Scratch::*part, int64_t count) {
    static thread_local Scratch scratch;
    at::Tensor& words = scratch.*part;
    if (!words.defined() || words.numel() < count) words = WordsFor(1, count);
    return Words(words);
  }

  at::Tensor left, right;
};

at::Tensor RoundedTo16Bits(const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kFloat); }

at::Tensor RoundedArray(const float* data, int64_t count) {
  return RoundedTo16Bits(at::from_blob(const_cast<float*>(data), {count}, at::kFloat));
}

// [k, n] as pairs along k.
at::Tensor PairsOf(const float* matrix, bool transposed, int64_t k, int64_t n) {
  const at::Tensor pairs = WordsFor(Pairs(k), n);
  if (!transposed) {
    PairRows(matrix, k, n, Words(pairs));
    return pairs;
  }
  uint32_t* const rows = Scratch::Of(&Scratch::right, n * Pairs(k));
  PairColumns(matrix, n, k, rows);
  TransposePairs(rows, n, Pairs(k), Words(pairs));
  return pairs;
}

}  // namespace

Bfloat16Way FastestBfloat16Way() {
  static const bool has_instructions = HasBfloat16Products();
  return has_instructions ? Bfloat16Way::kInstructions : Bfloat16Way::kRounded;
}

RightFactor::RightFactor(const at::Tensor& matrix, bool transposed, FactorType type, Bfloat16Way way)
    : transposed_(transposed),
      k_(matrix.size(transposed ? 1 : 0)),
      n_(matrix.size(transposed ? 0 : 1)),
      type_(type),
      way_(way),
      matrix_(matrix) {
  if (type_ == FactorType::kFloat32) return;
  matrix_ = way_ == Bfloat16Way::kInstructions ? PairsOf(Data(matrix), transposed, k_, n_) : RoundedTo16Bits(matrix);
}

void RightFactor::Multiply(const float* a, int64_t m, float* out) const {
  if (type_ == FactorType::kFloat32) {
    MatrixProduct(m, n_, k_, {a}, {Data(matrix_), transposed_}, /*add=*/false, out);
  } else if (way_ == Bfloat16Way::kInstructions) {
    MultiplyInPairs(a, m, out);
  } else {
    MultiplyRounded(a, m, out);
  }
}

void RightFactor::MultiplyInPairs(const float* a, int64_t m, float* out) const {
  const int64_t pairs = Pairs(k_);
  uint32_t* const rows = Scratch::Of(&Scratch::left, std::min(m, kRows) * pairs);
  for (int64_t first = 0; first < m; first += kRows) {
    const int64_t count = std::min(kRows, m - first);
    PairColumns(a + first * k_, count, k_, rows);
    MultiplyPairs({count, n_, pairs, rows, pairs, 1, Words(matrix_), out + first * n_, /*add=*/false});
  }
}

void RightFactor::MultiplyRounded(const float* a, int64_t m, float* out) const {
  const at::Tensor rounded = RoundedArray(a, m * k_);
  MatrixProduct(m, n_, k_, {Data(rounded)}, {Data(matrix_), transposed_}, /*add=*/false, out);
}

void AddTransposedProduct(const float* a, const float* b, int64_t k, int64_t m, int64_t n, FactorType type, float* out,
                          Bfloat16Way way) {
  if (type == FactorType::kFloat32) return MatrixProduct(m, n, k, {a, true}, {b}, /*add=*/true, out);
  if (way == Bfloat16Way::kRounded) {
    const at::Tensor left = RoundedArray(a, k * m), right = RoundedArray(b, k * n);
    return MatrixProduct(m, n, k, {Data(left), true}, {Data(right)}, /*add=*/true, out);
  }
  constexpr int64_t kTerms = 2 * kRows;  // an even number
  const int64_t most = Pairs(std::min(k, kTerms));
  uint32_t* const left = Scratch::Of(&Scratch::left, most * m);
  uint32_t* const right = Scratch::Of(&Scratch::right, most * n);
  for (int64_t first = 0; first < k; first += kTerms) {
    const int64_t count = std::min(kTerms, k - first);
    PairRows(a + first * m, count, m, left);
    PairRows(b + first * n, count, n, right);
    MultiplyPairs({m, n, Pairs(count), left, 1, m, right, out, /*add=*/true});
  }
}

namespace {

// Calls f(first row, rows) for parts of `rows`, in LibTorch's threads.
template <typename F>
void ForRows(int64_t rows, F f) {
  at::parallel_for(0, rows, kRows, [&](int64_t first, int64_t last) { f(first, last - first); });
}

}  // namespace

at::Tensor Product(const at::Tensor& a, const RightFactor& factor) {
  std::vector<int64_t> shape = a.sizes().vec();
  const int64_t k = factor.k(), n = factor.n();
  shape.back() = n;
  const at::Tensor out = at::empty(shape, a.options().requires_grad(false));
  ForRows(k == 0 ? 0 : a.numel() / k, [&](int64_t first, int64_t rows) {
    factor.Multiply(Data(a) + first * k, rows, out.data_ptr<float>() + first * n);
  });
  return out;
}

namespace {

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  // `bias`: or empty.
  static Variable forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                          const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.numel() > 0;
    at::Tensor out = Product(x, RightFactor(weight, /*transposed=*/true, FactorType::kBfloat16));
    return bias.numel() > 0 ? out.add_(bias) : out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const tensor_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], grad_out = grads[0].contiguous();
    const int64_t outputs = weight.size(0), inputs = weight.size(1);
    const at::Tensor grad_weight = at::zeros_like(weight);
    AddTransposedProduct(Data(grad_out), Data(x), x.numel() / inputs, outputs, inputs, FactorType::kBfloat16,
                         grad_weight.data_ptr<float>());
    const bool wants_x = context->needs_input_grad(0);
    return {
        wants_x ? Product(grad_out, RightFactor(weight, /*transposed=*/false, FactorType::kBfloat16)) : at::Tensor(),
        grad_weight, context->saved_data["bias"].toBool() ? grad_out.reshape({-1, outputs}).sum(0) : at::Tensor()};
  }
};

}  // namespace

at::Tensor Bfloat16Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor of_bias = bias.defined() ? bias : at::empty({0}, weight.options().requires_grad(false));
  return LinearFunction::apply(x.contiguous(), weight.contiguous(), of_bias);
}

at::Tensor Bfloat16LinearPlain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::linear(RoundedTo16Bits(x), RoundedTo16Bits(weight), bias);
}

}  // namespace tally
