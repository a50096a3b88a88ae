#include "lib/kernels/feed_forward/geglu.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "lib/kernels/cuda/launch.h"
#include "lib/kernels/floats.h"
#include "lib/kernels/gemm/products.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

constexpr int64_t kGrain = 64;  // rows that are worth a thread

struct GegluFunction : torch::autograd::Function<GegluFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& in) {
    const int64_t width = in.size(-1) / 2, rows = in.numel() / (2 * width);
    std::vector<int64_t> shape = in.sizes().vec();
    shape.back() = width;
    const at::Tensor out = at::empty(shape, in.options().requires_grad(false));
    context->save_for_backward({in});
    if (in.is_cuda()) {
      LaunchBeside(
          in, FindCudaKernels()->geglu_forward,
          {.in = in.const_data_ptr(), .rows = rows, .width = width, .out = out.data_ptr(), .kind = KindOf(in)});
      return out;
    }
    at::parallel_for(0, rows, kGrain, [&](int64_t first, int64_t last) {
      GegluForward(in.const_data_ptr<float>() + first * 2 * width, last - first, width,
                   out.data_ptr<float>() + first * width);
    });
    return out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const at::Tensor in = context->get_saved_variables()[0], grad_out = grads[0].contiguous();
    const int64_t width = in.size(-1) / 2, rows = in.numel() / (2 * width);
    const at::Tensor grad_in = at::empty_like(in, in.options().requires_grad(false));
    if (in.is_cuda()) {
      LaunchBeside(in, FindCudaKernels()->geglu_backward,
                   {.in = in.const_data_ptr(),
                    .grad_out = grad_out.const_data_ptr(),
                    .rows = rows,
                    .width = width,
                    .grad_in = grad_in.data_ptr(),
                    .kind = KindOf(in)});
      return {grad_in};
    }
    at::parallel_for(0, rows, kGrain, [&](int64_t first, int64_t last) {
      GegluBackward(in.const_data_ptr<float>() + first * 2 * width, grad_out.const_data_ptr<float>() + first * width,
                    last - first, width, grad_in.data_ptr<float>() + first * 2 * width);
    });
    return {grad_in};
  }
};

}  // namespace

bool SupportsGeglu(const at::Tensor& in) {
  return in.is_cpu() ? in.scalar_type() == at::kFloat : HasCudaKernels(in) && IsFloatKind(in.scalar_type());
}

at::Tensor Geglu(const at::Tensor& in) { return GegluFunction::apply(in.contiguous()); }

at::Tensor GegluPlain(const at::Tensor& in) {
  const int64_t width = in.size(-1) / 2;
  return in.narrow(-1, 0, width) * at::gelu(in.narrow(-1, width, width));
}

namespace {

// The whole layer. Axes: R rows of a tile, H hidden, W width, O outputs. A tile goes through
//
//   inner [R, 2W] = x [R, H] A',   gated [R, W] = geglu(inner),   out [R, O] = gated B'
//
// and backward, with `inner` kept from the forward pass and `gated` made again, through
//
//   d gated = d out B,   d inner = geglu'(inner) d gated,   d x = d inner A,   d A += d inner' x,   d B += d out' gated

// A tile's arrays take about this many floats, a quarter of a MB, so that they stay in the second cache, but have at
// least this many rows: the weights pass through the caches once a tile (docs/performance.md has what other sizes
// cost).
constexpr int64_t kTileFloats = 1 << 16;
constexpr int64_t kLeastRows = 128;

struct Sizes {
  int64_t rows, hidden, width, outputs;

  int64_t TileRows() const {
    const int64_t fill = kTileFloats / (2 * (hidden + outputs) + 6 * width) / 16 * 16;
    return std::clamp<int64_t>(rows, 1, std::max(kLeastRows, fill));
  }
};

Sizes SizesOf(const at::Tensor& x, const at::Tensor& out_weight) {
  const int64_t hidden = x.size(-1);
  return {x.numel() / hidden, hidden, out_weight.size(1), out_weight.size(0)};
}

// Calls f(first row, rows) for the tiles.
template <typename F>
void ForTiles(const Sizes& sizes, int64_t first_tile, int64_t last_tile, F f) {
  const int64_t tile = sizes.TileRows();
  for (int64_t row = first_tile * tile; row < std::min(last_tile * tile, sizes.rows); row += tile) {
    f(row, std::min(tile, sizes.rows - row));
  }
}

int64_t Tiles(const Sizes& sizes) { return (sizes.rows + sizes.TileRows() - 1) / sizes.TileRows(); }

// `inner`: [rows, 2W], or undefined where no backward pass follows.
at::Tensor Forward(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight, FactorType type,
                   const at::Tensor& inner) {
  const Sizes s = SizesOf(x, out_weight);
  const RightFactor by_in(in_weight, /*transposed=*/true, type);
  const RightFactor by_out(out_weight, /*transposed=*/true, type);
  const at::TensorOptions options = x.options().requires_grad(false);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = s.outputs;
  const at::Tensor out = at::empty(shape, options);
  at::parallel_for(0, Tiles(s), 1, [&](int64_t first, int64_t last) {
    const at::Tensor gated = at::empty({s.TileRows(), s.width}, options);
    const at::Tensor of_tile = inner.defined() ? inner : at::empty({s.TileRows(), 2 * s.width}, options);
    ForTiles(s, first, last, [&](int64_t row, int64_t rows) {
      float* const in = of_tile.data_ptr<float>() + (inner.defined() ? row * 2 * s.width : 0);
      by_in.Multiply(Data(x) + row * s.hidden, rows, in);
      GegluForward(in, rows, s.width, gated.data_ptr<float>());
      by_out.Multiply(Data(gated), rows, out.data_ptr<float>() + row * s.outputs);
    });
  });
  return out;
}

// Gradients of x, in_weight and out_weight. Tiles follow one another, since each adds to the gradients of weights.
tensor_list Backward(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight,
                     const at::Tensor& inner, FactorType type, const at::Tensor& grad_out) {
  const Sizes s = SizesOf(x, out_weight);
  const RightFactor back_out(out_weight, /*transposed=*/false, type);
  const RightFactor back_in(in_weight, /*transposed=*/false, type);
  const at::TensorOptions options = x.options().requires_grad(false);
  const at::Tensor grad_x = at::empty_like(x, options);
  const at::Tensor grad_in_weight = at::zeros_like(in_weight), grad_out_weight = at::zeros_like(out_weight);
  const at::Tensor gated = at::empty({2, s.TileRows(), s.width}, options);
  const at::Tensor grad_inner = at::empty({s.TileRows(), 2 * s.width}, options);
  float* const gated_data = gated.data_ptr<float>();
  float* const grad_gated = gated_data + s.TileRows() * s.width;
  ForTiles(s, 0, Tiles(s), [&](int64_t row, int64_t rows) {
    const float* const g = Data(grad_out) + row * s.outputs;
    back_out.Multiply(g, rows, grad_gated);
    GegluBackward(Data(inner) + row * 2 * s.width, grad_gated, rows, s.width, grad_inner.data_ptr<float>(), gated_data);
    AddTransposedProduct(g, gated_data, rows, s.outputs, s.width, type, grad_out_weight.data_ptr<float>());
    back_in.Multiply(Data(grad_inner), rows, grad_x.data_ptr<float>() + row * s.hidden);
    AddTransposedProduct(Data(grad_inner), Data(x) + row * s.hidden, rows, 2 * s.width, s.hidden, type,
                         grad_in_weight.data_ptr<float>());
  });
  return {grad_x, grad_in_weight, grad_out_weight};
}

struct GegluFeedForwardFunction : torch::autograd::Function<GegluFeedForwardFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& in_weight,
                          const at::Tensor& out_weight, bool bfloat16) {
    const int64_t rows = x.numel() / x.size(-1);
    const at::Tensor inner = at::empty({rows, in_weight.size(0)}, x.options().requires_grad(false));
    context->save_for_backward({x, in_weight, out_weight, inner});
    context->saved_data["bfloat16"] = bfloat16;
    return Forward(x, in_weight, out_weight, FactorTypeOf(bfloat16), inner);
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const tensor_list saved = context->get_saved_variables();
    const FactorType type = FactorTypeOf(context->saved_data["bfloat16"].toBool());
    tensor_list gradients = Backward(saved[0], saved[1], saved[2], saved[3], type, grads[0].contiguous());
    gradients.emplace_back();  // of `bfloat16`
    return gradients;
  }
};

}  // namespace

at::Tensor GegluFeedForward(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight,
                            bool bfloat16) {
  const at::Tensor dense = x.contiguous(), in = in_weight.contiguous(), out = out_weight.contiguous();
  if (!at::GradMode::is_enabled()) return Forward(dense, in, out, FactorTypeOf(bfloat16), at::Tensor());
  return GegluFeedForwardFunction::apply(dense, in, out, bfloat16);
}

at::Tensor GegluFeedForwardPlain(const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight) {
  return at::linear(GegluPlain(at::linear(x, in_weight)), out_weight);
}

}  // namespace tally
