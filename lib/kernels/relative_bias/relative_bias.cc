#include "lib/kernels/relative_bias/relative_bias.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "lib/kernels/cuda/launch.h"
#include "lib/kernels/relative_bias/relative_bias_loops.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

constexpr float kMasked = -std::numeric_limits<float>::infinity();

const int64_t* DataOrNull(const at::Tensor& ids) { return ids.defined() ? ids.const_data_ptr<int64_t>() : nullptr; }

// What the loops and kernels read of dense tensors, but for the arrays of one pass.
RelativeBiasArrays ArraysOf(const RelativeIds& ids, const at::Tensor& row_scale, int64_t heads, int64_t begin,
                            int64_t end) {
  return {.batch = ids.first.size(0),
          .seq = ids.first.size(1),
          .heads = heads,
          .begin = begin,
          .end = end,
          .clips = ids.clips,
          .first = ids.first.const_data_ptr<int64_t>(),
          .second = DataOrNull(ids.second),
          .recurrence = DataOrNull(ids.recurrence),
          .row_scale = row_scale.const_data_ptr<float>()};
}

// A pass over all samples: by loops, or where `like` is on a CUDA device by a kernel.
void Run(const at::Tensor& like, const RelativeBiasArrays& x, void (*loops)(const RelativeBiasArrays&, int64_t),
         decltype(CudaKernels::relative_bias_forward) CudaKernels::*kernel) {
  if (like.is_cuda()) return LaunchBeside(like, FindCudaKernels()->*kernel, x);
  at::parallel_for(0, x.batch, 1, [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) loops(x, b);
  });
}

struct RelativeBiasFunction : torch::autograd::Function<RelativeBiasFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& table, const RelativeIds& ids,
                          const at::Tensor& row_scale, int64_t begin, int64_t end) {
    context->save_for_backward({ids.first, ids.second, ids.recurrence, row_scale, table});
    context->saved_data["clips"] =
        std::vector<int64_t>{ids.clips.first, ids.clips.second, ids.clips.shift, ids.clips.key, ids.clips.count_second};
    context->saved_data["begin"] = begin;
    context->saved_data["end"] = end;
    RelativeBiasArrays x = ArraysOf(ids, row_scale, table.size(0), begin, end);
    const at::Tensor out = at::empty({x.batch, x.heads, x.rows(), x.end}, table.options().requires_grad(false));
    const at::Tensor values = table.contiguous();
    x.table = values.const_data_ptr<float>();
    x.out = out.data_ptr<float>();
    Run(table, x, RelativeBiasForward, &CudaKernels::relative_bias_forward);
    return out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const tensor_list saved = context->get_saved_variables();
    const auto number = [&](const char* name) { return context->saved_data[name].toInt(); };
    const std::vector<int64_t> clips = context->saved_data["clips"].toIntVector();
    const RelativeIds ids = {saved[0], saved[1], {clips[0], clips[1], clips[2], clips[3], clips[4] != 0}, saved[2]};
    RelativeBiasArrays x = ArraysOf(ids, saved[3], saved[4].size(0), number("begin"), number("end"));
    const at::Tensor grad = grads[0].contiguous();
    const at::Tensor of_samples = at::empty({x.batch, x.heads, x.columns()}, grad.options());
    x.grad_out = grad.const_data_ptr<float>();
    x.of_samples = of_samples.data_ptr<float>();
    Run(grad, x, RelativeBiasBackward, &CudaKernels::relative_bias_backward);
    return {of_samples.sum(0), Variable(), Variable(), Variable(), Variable()};
  }
};

// Differences of ids [B, S] for some queries and the keys up to them; [B, Q, K].
at::Tensor Differences(const at::Tensor& ids, int64_t query_begin, int64_t query_end) {
  const at::Tensor queries = ids.narrow(1, query_begin, query_end - query_begin).unsqueeze(2);
  return queries - ids.narrow(1, 0, query_end).unsqueeze(1);
}

// The columns so far, with a further coordinate x.
at::Tensor WithCoordinate(const at::Tensor& columns, const at::Tensor& x, int64_t clip) {
  return columns * (2 * clip + 1) + x.clamp(-clip, clip) + clip;
}

// RelativeColumn of each pair, [B, Q, K].
at::Tensor ColumnsPlain(const RelativeIds& ids, int64_t query_begin, int64_t query_end) {
  const at::Tensor difference = Differences(ids.first, query_begin, query_end);
  at::Tensor columns = WithCoordinate(at::zeros_like(difference), difference, ids.clips.first);
  if (ids.second.defined()) {
    columns = WithCoordinate(columns, Differences(ids.second, query_begin, query_end), ids.clips.second);
  }
  if (!ids.clips.ReadRecurrence()) return columns;
  const at::Tensor p = ids.recurrence.view({-1, 1, 1});
  const at::Tensor& counted = ids.clips.count_second ? ids.second : ids.first;
  const at::Tensor shift = Differences(counted, query_begin, query_end) - p;
  const at::Tensor keys = counted.narrow(1, 0, query_end).unsqueeze(1) - ids.clips.begin() - p;
  return WithCoordinate(WithCoordinate(columns, shift, ids.clips.shift), keys, ids.clips.key);
}

}  // namespace

at::Tensor RelativeBias(const RelativeIds& ids, const at::Tensor& table, const at::Tensor& row_scale,
                        int64_t query_begin, int64_t query_end) {
  const bool on_cuda = HasCudaKernels(table) && ids.columns() <= FindCudaKernels()->most_columns;
  if (!table.is_cpu() && !on_cuda) return RelativeBiasPlain(ids, table, row_scale, query_begin, query_end);
  RelativeIds dense = ids;
  const int64_t batch = std::max(ids.first.size(0), ids.recurrence.defined() ? ids.recurrence.size(0) : 1);
  for (at::Tensor* tensor : {&dense.first, &dense.second}) {
    if (tensor->defined()) *tensor = tensor->expand({batch, -1}).contiguous();
  }
  if (ids.recurrence.defined()) dense.recurrence = ids.recurrence.expand({batch}).contiguous();
  return RelativeBiasFunction::apply(table, dense, row_scale.contiguous(), query_begin, query_end);
}

at::Tensor RelativeBiasPlain(const RelativeIds& ids, const at::Tensor& table, const at::Tensor& row_scale,
                             int64_t query_begin, int64_t query_end) {
  const at::Tensor columns = ColumnsPlain(ids, query_begin, query_end);
  const at::Tensor values = table.t().index({columns}).permute({0, 3, 1, 2});  // [B, heads, Q, K]
  const at::Tensor scaled = values * row_scale.narrow(0, query_begin, query_end - query_begin).unsqueeze(1);
  const at::TensorOptions indices = ids.first.options();
  const at::Tensor i = at::arange(query_begin, query_end, indices).unsqueeze(1);
  const at::Tensor j = at::arange(query_end, indices).unsqueeze(0);
  return at::where(j.gt(i), kMasked, scaled);
}

}  // namespace tally
