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

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

constexpr float kMasked = -std::numeric_limits<float>::infinity();

const int64_t* DataOrNull(const at::Tensor& ids) { return ids.defined() ? ids.const_data_ptr<int64_t>() : nullptr; }

// The sizes of one call and the walk over its pairs of tokens.
struct Geometry {
  int64_t batch, seq, heads, columns, begin, end;
  RelativeClips clips;
  const int64_t* first;
  const int64_t* second;      // or null
  const int64_t* recurrence;  // or null

  Geometry(const RelativeIds& ids, const at::Tensor& table, int64_t query_begin, int64_t query_end)
      : batch(ids.first.size(0)),
        seq(ids.first.size(1)),
        heads(table.size(0)),
        columns(ids.columns()),
        begin(query_begin),
        end(query_end),
        clips(ids.clips),
        first(ids.first.const_data_ptr<int64_t>()),
        second(DataOrNull(ids.second)),
        recurrence(DataOrNull(ids.recurrence)) {}

  int64_t rows() const { return end - begin; }

  // The column of the table for each key j <= i of query i of sample b.
  void Columns(int64_t b, int64_t i, int32_t* out) const {
    const SampleIds ids = {first + b * seq, second == nullptr ? nullptr : second + b * seq,
                           recurrence == nullptr ? 0 : recurrence[b]};
    for (int64_t j = 0; j <= i; ++j) out[j] = static_cast<int32_t>(RelativeColumn(clips, ids, i, j));
  }
};

// One sample: out [heads, rows, end].
void FillSample(const Geometry& g, int64_t b, const float* table, const float* row_scale, float* out) {
  std::vector<int32_t> columns(g.end);
  std::vector<float> scaled(g.columns);
  for (int64_t i = g.begin; i < g.end; ++i) {
    g.Columns(b, i, columns.data());
    for (int64_t h = 0; h < g.heads; ++h) {
      for (int64_t c = 0; c < g.columns; ++c) scaled[c] = row_scale[i] * table[h * g.columns + c];
      float* row = out + (h * g.rows() + i - g.begin) * g.end;
      for (int64_t j = 0; j <= i; ++j) row[j] = scaled[columns[j]];
      std::fill(row + i + 1, row + g.end, kMasked);
    }
  }
}

// One sample: adds to grad_table [heads, columns] what grad_out [heads, rows, end] gives.
void AccumulateSample(const Geometry& g, int64_t b, const float* row_scale, const float* grad_out, float* grad_table) {
  std::vector<int32_t> columns(g.end);
  std::vector<float> sums(g.columns);
  for (int64_t i = g.begin; i < g.end; ++i) {
    g.Columns(b, i, columns.data());
    for (int64_t h = 0; h < g.heads; ++h) {
      const float* row = grad_out + (h * g.rows() + i - g.begin) * g.end;
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t j = 0; j <= i; ++j) sums[columns[j]] += row[j];
      for (int64_t c = 0; c < g.columns; ++c) grad_table[h * g.columns + c] += row_scale[i] * sums[c];
    }
  }
}

// What the kernels read.
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

struct RelativeBiasFunction : torch::autograd::Function<RelativeBiasFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& table, const RelativeIds& ids,
                          const at::Tensor& row_scale, int64_t begin, int64_t end) {
    const Geometry g(ids, table, begin, end);
    const at::Tensor out = at::empty({g.batch, g.heads, g.rows(), g.end}, table.options().requires_grad(false));
    const at::Tensor values = table.contiguous();
    context->save_for_backward({ids.first, ids.second, ids.recurrence, row_scale, table});
    context->saved_data["clips"] =
        std::vector<int64_t>{ids.clips.first, ids.clips.second, ids.clips.shift, ids.clips.key, ids.clips.count_second};
    context->saved_data["begin"] = begin;
    context->saved_data["end"] = end;
    if (table.is_cuda()) {
      RelativeBiasArrays arrays = ArraysOf(ids, row_scale, g.heads, begin, end);
      arrays.table = values.const_data_ptr<float>();
      arrays.out = out.data_ptr<float>();
      LaunchBeside(table, FindCudaKernels()->relative_bias_forward, arrays);
      return out;
    }
    at::parallel_for(0, g.batch, 1, [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; ++b) {
        FillSample(g, b, values.data_ptr<float>(), row_scale.data_ptr<float>(),
                   out.data_ptr<float>() + b * g.heads * g.rows() * g.end);
      }
    });
    return out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const tensor_list saved = context->get_saved_variables();
    const auto number = [&](const char* name) { return context->saved_data[name].toInt(); };
    const std::vector<int64_t> clips = context->saved_data["clips"].toIntVector();
    const RelativeIds ids = {saved[0], saved[1], {clips[0], clips[1], clips[2], clips[3], clips[4] != 0}, saved[2]};
    const at::Tensor& row_scale = saved[3];
    const Geometry g(ids, saved[4], number("begin"), number("end"));
    const at::Tensor grad = grads[0].contiguous();
    const at::Tensor partial = at::zeros({g.batch, g.heads, g.columns}, grad.options());
    if (grad.is_cuda()) {
      RelativeBiasArrays arrays = ArraysOf(ids, row_scale, g.heads, g.begin, g.end);
      arrays.grad_out = grad.const_data_ptr<float>();
      arrays.of_samples = partial.data_ptr<float>();
      LaunchBeside(grad, FindCudaKernels()->relative_bias_backward, arrays);
      return {partial.sum(0), Variable(), Variable(), Variable(), Variable()};
    }
    at::parallel_for(0, g.batch, 1, [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; ++b) {
        AccumulateSample(g, b, row_scale.data_ptr<float>(), grad.data_ptr<float>() + b * g.heads * g.rows() * g.end,
                         partial.data_ptr<float>() + b * g.heads * g.columns);
      }
    });
    return {partial.sum(0), Variable(), Variable(), Variable(), Variable()};
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
