#include "lib/kernels/feed_forward/geglu.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <torch/csrc/autograd/custom_function.h>

#include "lib/kernels/cuda/launch.h"
#include "lib/kernels/feed_forward/geglu_simd.h"

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
      LaunchBeside(in, FindCudaKernels()->geglu_forward,
                   {.in = in.const_data_ptr<float>(), .rows = rows, .width = width, .out = out.data_ptr<float>()});
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
                   {.in = in.const_data_ptr<float>(),
                    .grad_out = grad_out.const_data_ptr<float>(),
                    .rows = rows,
                    .width = width,
                    .grad_in = grad_in.data_ptr<float>()});
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
  return in.scalar_type() == at::kFloat && (in.is_cpu() || HasCudaKernels(in));
}

at::Tensor Geglu(const at::Tensor& in) { return GegluFunction::apply(in.contiguous()); }

at::Tensor GegluPlain(const at::Tensor& in) {
  const int64_t width = in.size(-1) / 2;
  return in.narrow(-1, 0, width) * at::gelu(in.narrow(-1, width, width));
}

}  // namespace tally
