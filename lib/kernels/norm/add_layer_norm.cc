#include "lib/kernels/norm/add_layer_norm.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "lib/kernels/cuda/launch.h"
#include "lib/kernels/floats.h"
#include "lib/kernels/norm/add_layer_norm_simd.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

constexpr int64_t kPart = 256;  // rows that are worth a thread

int64_t Rows(const at::Tensor& x) { return x.numel() / std::max<int64_t>(x.size(-1), 1); }

// Calls f(part, first row, rows) for parts of kPart rows.
template <typename F>
void ForParts(int64_t rows, F f) {
  at::parallel_for(0, (rows + kPart - 1) / kPart, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) f(part, part * kPart, std::min(kPart, rows - part * kPart));
  });
}

// Rows of a part on a device, so that parts fill it.
int64_t DevicePartRows(int64_t rows) {
  constexpr int64_t kParts = 1024, kLeastRows = 8;
  return std::max(kLeastRows, rows / kParts);
}

// Sets sum, norm and moments.
void Forward(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
             const tensor_list& out) {
  const int64_t width = a.size(-1), rows = Rows(a);
  float *const sum = out[0].data_ptr<float>(), *const moments = out[2].data_ptr<float>();
  if (a.is_cuda()) {
    LaunchBeside(a, FindCudaKernels()->add_layer_norm_forward,
                 {.rows = rows,
                  .width = width,
                  .weight = Data(weight),
                  .a = Data(a),
                  .b = b.const_data_ptr(),
                  .bias = Data(bias),
                  .epsilon = static_cast<float>(epsilon),
                  .sum = sum,
                  .moments = moments,
                  .norm = out[1].data_ptr(),
                  .term_kind = KindOf(b),
                  .norm_kind = KindOf(out[1])});
    return;
  }
  ForParts(rows, [&](int64_t, int64_t first, int64_t count) {
    const int64_t at = first * width;
    AddLayerNormForward(Data(a) + at, Data(b) + at, Data(weight), Data(bias), static_cast<float>(epsilon), count, width,
                        sum + at, out[1].data_ptr<float>() + at, moments + 2 * first);
  });
}

// What a backward pass writes: gradients of the two terms, one tensor where they are of one type, and those of weight
// and bias from each part of the rows, [parts, 2, width].
struct Gradients {
  at::Tensor a, b, of_parts;
  int64_t part_rows = 0;
};

// `saved`: sum, moments, weight. `grad_sum` may be undefined.
void Backward(const tensor_list& saved, const at::Tensor& grad_sum, const at::Tensor& grad_norm, const Gradients& out) {
  const at::Tensor &sum = saved[0], &moments = saved[1], &weight = saved[2];
  const int64_t width = sum.size(-1);
  const float* const of_sum = grad_sum.defined() ? Data(grad_sum) : nullptr;
  if (sum.is_cuda()) {
    LaunchBeside(sum, FindCudaKernels()->add_layer_norm_backward,
                 {.rows = Rows(sum),
                  .width = width,
                  .weight = Data(weight),
                  .sum = sum.data_ptr<float>(),
                  .moments = moments.data_ptr<float>(),
                  .grad_norm = grad_norm.const_data_ptr(),
                  .grad_sum = of_sum,
                  .grad_x = out.a.data_ptr<float>(),
                  .grad_b = out.b.is_same(out.a) ? nullptr : out.b.data_ptr(),
                  .of_parts = out.of_parts.data_ptr<float>(),
                  .part_rows = out.part_rows,
                  .term_kind = KindOf(out.b),
                  .norm_kind = KindOf(grad_norm)});
    return;
  }
  ForParts(Rows(sum), [&](int64_t part, int64_t first, int64_t count) {
    const int64_t at = first * width;
    float* const of_part = out.of_parts.data_ptr<float>() + part * 2 * width;
    AddLayerNormBackward(Data(sum) + at, Data(moments) + 2 * first, Data(weight), Data(grad_norm) + at,
                         of_sum == nullptr ? nullptr : of_sum + at, count, width, out.a.data_ptr<float>() + at, of_part,
                         of_part + width);
  });
}

struct AddLayerNormFunction : torch::autograd::Function<AddLayerNormFunction> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& a, const at::Tensor& b,
                             const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                             at::ScalarType norm_type) {
    const at::TensorOptions options = a.options().requires_grad(false);
    const at::Tensor sum = at::empty(a.sizes(), options), norm = at::empty(a.sizes(), options.dtype(norm_type));
    const at::Tensor moments = at::empty({Rows(a), 2}, options);
    context->set_materialize_grads(false);
    context->save_for_backward({sum, moments, weight});
    context->saved_data["term_type"] = static_cast<int64_t>(b.scalar_type());
    Forward(a, b, weight, bias, epsilon, {sum, norm, moments});
    return {sum, norm};
  }

  // Gradients of what is not read are undefined.
  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const auto term_type = static_cast<at::ScalarType>(context->saved_data["term_type"].toInt());
    const at::Tensor grad_sum = grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    if (!grads[1].defined()) {
      return {grad_sum, grad_sum.defined() ? grad_sum.to(term_type) : grad_sum, {}, {}, {}, {}};
    }
    const tensor_list saved = context->get_saved_variables();
    const at::Tensor& sum = saved[0];
    const at::TensorOptions options = sum.options().requires_grad(false);
    Gradients out;
    out.a = at::empty(sum.sizes(), options);
    out.b = term_type == at::kFloat ? out.a : at::empty(sum.sizes(), options.dtype(term_type));
    out.part_rows = sum.is_cuda() ? DevicePartRows(Rows(sum)) : kPart;
    out.of_parts = at::empty({(Rows(sum) + out.part_rows - 1) / out.part_rows, 2, sum.size(-1)}, options);
    Backward(saved, grad_sum, grads[1].contiguous(), out);
    const at::Tensor of_all = out.of_parts.sum(0);
    return {out.a, out.b, of_all.select(0, 0), of_all.select(0, 1), {}, {}};
  }
};

}  // namespace

bool SupportsAddLayerNorm(const at::Tensor& a, const at::Tensor& b) {
  if (a.device() != b.device() || a.scalar_type() != at::kFloat || a.sizes() != b.sizes()) return false;
  return a.is_cpu() ? b.scalar_type() == at::kFloat : HasCudaKernels(a) && IsFloatKind(b.scalar_type());
}

SumAndNorm AddLayerNorm(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, const at::Tensor& bias,
                        double epsilon, at::ScalarType norm_type) {
  const tensor_list outputs = AddLayerNormFunction::apply(a.contiguous(), b.contiguous(), weight.contiguous(),
                                                          bias.contiguous(), epsilon, norm_type);
  return {outputs[0], outputs[1]};
}

SumAndNorm AddLayerNormPlain(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, const at::Tensor& bias,
                             double epsilon) {
  const at::Tensor sum = a + b;
  return {sum, at::layer_norm(sum, {sum.size(-1)}, weight, bias, epsilon)};
}

}  // namespace tally
