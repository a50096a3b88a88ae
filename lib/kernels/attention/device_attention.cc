#include "lib/kernels/attention/device_attention.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "lib/kernels/attention/attention_input.h"
#include "lib/kernels/cuda/launch.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// What the kernels are written for; backward a block shares 218 KiB then, of the 227 that a Hopper device has.
constexpr int64_t kMostTokens = 128;
constexpr int64_t kMostColumns = 256;  // each pair's is a byte

const int64_t* IdsOrNull(const at::Tensor& ids) { return ids.defined() ? ids.const_data_ptr<int64_t>() : nullptr; }

ShortAttentionArrays ArraysOf(const CausalAttentionInput& input, int64_t end) {
  ShortAttentionArrays arrays;
  arrays.batch = input.qkv.size(0);
  arrays.seq = input.qkv.size(1);
  arrays.heads = input.heads;
  arrays.size = input.qkv.size(2) / 3 / input.heads;
  arrays.begin = input.first_query;
  arrays.end = end;
  arrays.by_head = input.by_head;
  arrays.unit_norm = input.unit_norm;
  arrays.kind = KindOf(input.qkv);
  arrays.may_round = at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
                     at::Float32Precision::TF32;
  arrays.qkv = input.qkv.const_data_ptr();
  arrays.scale = input.scale.const_data_ptr<float>();
  arrays.row_scale = input.row_scale.const_data_ptr<float>();
  if (!input.table.defined()) return arrays;
  arrays.table = input.table.const_data_ptr<float>();
  arrays.clips = input.ids.clips;
  arrays.first = IdsOrNull(input.ids.first);
  arrays.second = IdsOrNull(input.ids.second);
  arrays.ids_stride = input.ids.first.size(0) == 1 ? 0 : input.ids.first.size(1);
  arrays.recurrence = IdsOrNull(input.ids.recurrence);
  arrays.recurrence_stride = !input.ids.recurrence.defined() || input.ids.recurrence.size(0) == 1 ? 0 : 1;
  return arrays;
}

at::Tensor Forward(const CausalAttentionInput& input, int64_t end) {
  ShortAttentionArrays arrays = ArraysOf(input, end);
  const at::Tensor out =
      at::empty({arrays.batch, arrays.queries(), arrays.heads * arrays.size}, input.qkv.options().requires_grad(false));
  arrays.out = out.data_ptr();
  LaunchBeside(input.qkv, FindCudaKernels()->short_attention_forward, arrays);
  return out;
}

struct DeviceAttentionFunction : torch::autograd::Function<DeviceAttentionFunction> {
  // The first three are those of `input`, which autograd would not find there; an empty table for none.
  static Variable forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& /*scale*/,
                          const at::Tensor& /*table*/, const CausalAttentionInput& input, int64_t end) {
    Save(input, {qkv}, context);
    context->saved_data["end"] = end;
    return Forward(input, end);
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const auto& [terms, others] = Restore(*context);
    CausalAttentionInput input = terms;
    input.qkv = others[0];
    ShortAttentionArrays arrays = ArraysOf(input, context->saved_data["end"].toInt());
    const at::Tensor grad_out = grads[0].contiguous();
    const at::TensorOptions options = input.scale.options().requires_grad(false);
    const at::Tensor qkv = at::empty_like(input.qkv, input.qkv.options().requires_grad(false));
    const at::Tensor scale = at::empty({arrays.batch, arrays.heads}, options);
    const at::Tensor table = at::empty({arrays.batch, arrays.heads, arrays.columns()}, options);
    arrays.grad_out = grad_out.const_data_ptr();
    arrays.grad_qkv = qkv.data_ptr();
    arrays.of_scale = scale.data_ptr<float>();
    arrays.of_table = table.data_ptr<float>();
    LaunchBeside(input.qkv, FindCudaKernels()->short_attention_backward, arrays);
    // Only learned temperatures of unit vectors have a gradient.
    return {qkv, input.unit_norm ? scale.sum(0) : Variable(), input.table.defined() ? table.sum(0) : Variable(),
            Variable(), Variable()};
  }
};

}  // namespace

bool HasDeviceAttention(at::Device device, int64_t tokens, int64_t columns) {
  if (!device.is_cuda() || FindCudaKernels() == nullptr || tokens > kMostTokens || columns > kMostColumns) return false;
  const c10::DeviceGuard guard(device);
  return FindCudaKernels()->short_attention_fits(tokens, columns);
}

at::Tensor DeviceAttention(const CausalAttentionInput& input, int64_t end) {
  const CausalAttentionInput dense = Contiguous(input);
  if (!at::GradMode::is_enabled()) return Forward(dense, end);
  return DeviceAttentionFunction::apply(dense.qkv, dense.scale, OrEmpty(dense.table), dense, end);
}

}  // namespace tally
