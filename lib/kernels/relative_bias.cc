#include "lib/kernels/relative_bias.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

constexpr float kMasked = -std::numeric_limits<float>::infinity();

// The sizes of one call and the walk over its pairs of tokens.
struct Geometry {
  int64_t batch, seq, heads, columns, begin, end;

  Geometry(const at::Tensor& ids, const at::Tensor& table, int64_t query_begin, int64_t query_end)
      : batch(ids.size(0)),
        seq(ids.size(1)),
        heads(table.size(0)),
        columns(table.size(1)),
        begin(query_begin),
        end(query_end) {}

  int64_t rows() const { return end - begin; }
  int64_t clip() const { return (columns - 1) / 2; }

  // The column of the table for each key j <= i of query i.
  void Columns(const int64_t* ids, int64_t i, int32_t* out) const {
    const int64_t c = clip();
    for (int64_t j = 0; j <= i; ++j) out[j] = static_cast<int32_t>(std::clamp(ids[i] - ids[j], -c, c) + c);
  }
};

// One sample: out [heads, rows, end].
void FillSample(const Geometry& g, const int64_t* ids, const float* table, const float* row_scale, float* out) {
  std::vector<int32_t> columns(g.end);
  std::vector<float> scaled(g.columns);
  for (int64_t i = g.begin; i < g.end; ++i) {
    g.Columns(ids, i, columns.data());
    for (int64_t h = 0; h < g.heads; ++h) {
      for (int64_t c = 0; c < g.columns; ++c) scaled[c] = row_scale[i] * table[h * g.columns + c];
      float* row = out + (h * g.rows() + i - g.begin) * g.end;
      for (int64_t j = 0; j <= i; ++j) row[j] = scaled[columns[j]];
      std::fill(row + i + 1, row + g.end, kMasked);
    }
  }
}

// One sample: adds to grad_table [heads, columns] what grad_out [heads, rows, end] gives.
void AccumulateSample(const Geometry& g, const int64_t* ids, const float* row_scale, const float* grad_out,
                      float* grad_table) {
  std::vector<int32_t> columns(g.end);
  std::vector<float> sums(g.columns);
  for (int64_t i = g.begin; i < g.end; ++i) {
    g.Columns(ids, i, columns.data());
    for (int64_t h = 0; h < g.heads; ++h) {
      const float* row = grad_out + (h * g.rows() + i - g.begin) * g.end;
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t j = 0; j <= i; ++j) sums[columns[j]] += row[j];
      for (int64_t c = 0; c < g.columns; ++c) grad_table[h * g.columns + c] += row_scale[i] * sums[c];
    }
  }
}

struct RelativeBiasFunction : torch::autograd::Function<RelativeBiasFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& table, const at::Tensor& ids,
                          const at::Tensor& row_scale, int64_t begin, int64_t end) {
    const Geometry g(ids, table, begin, end);
    const at::Tensor out = at::empty({g.batch, g.heads, g.rows(), g.end}, table.options().requires_grad(false));
    const at::Tensor values = table.contiguous();
    at::parallel_for(0, g.batch, 1, [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; ++b) {
        FillSample(g, ids.data_ptr<int64_t>() + b * g.seq, values.data_ptr<float>(), row_scale.data_ptr<float>(),
                   out.data_ptr<float>() + b * g.heads * g.rows() * g.end);
      }
    });
    context->save_for_backward({ids, row_scale, table});
    context->saved_data["begin"] = begin;
    context->saved_data["end"] = end;
    return out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const tensor_list saved = context->get_saved_variables();
    const at::Tensor& ids = saved[0];
    const at::Tensor& row_scale = saved[1];
    const Geometry g(ids, saved[2], context->saved_data["begin"].toInt(), context->saved_data["end"].toInt());
    const at::Tensor grad = grads[0].contiguous();
    const at::Tensor partial = at::zeros({g.batch, g.heads, g.columns}, grad.options());
    at::parallel_for(0, g.batch, 1, [&](int64_t first, int64_t last) {
      for (int64_t b = first; b < last; ++b) {
        AccumulateSample(g, ids.data_ptr<int64_t>() + b * g.seq, row_scale.data_ptr<float>(),
                         grad.data_ptr<float>() + b * g.heads * g.rows() * g.end,
                         partial.data_ptr<float>() + b * g.heads * g.columns);
      }
    });
    return {partial.sum(0), Variable(), Variable(), Variable(), Variable()};
  }
};

}  // namespace

at::Tensor RelativeBias(const at::Tensor& ids, const at::Tensor& table, const at::Tensor& row_scale,
                        int64_t query_begin, int64_t query_end) {
  return RelativeBiasFunction::apply(table, ids.contiguous(), row_scale.contiguous(), query_begin, query_end);
}

at::Tensor RelativeBiasPlain(const at::Tensor& ids, const at::Tensor& table, const at::Tensor& row_scale,
                             int64_t query_begin, int64_t query_end) {
  const int64_t clip = (table.size(1) - 1) / 2;
  const at::Tensor queries = ids.narrow(1, query_begin, query_end - query_begin).unsqueeze(2);
  const at::Tensor keys = ids.narrow(1, 0, query_end).unsqueeze(1);
  const at::Tensor columns = (queries - keys).clamp(-clip, clip) + clip;       // [B, Q, K]
  const at::Tensor values = table.t().index({columns}).permute({0, 3, 1, 2});  // [B, heads, Q, K]
  const at::Tensor scaled = values * row_scale.narrow(0, query_begin, query_end - query_begin).unsqueeze(1);
  const at::Tensor i = at::arange(query_begin, query_end).unsqueeze(1);
  const at::Tensor j = at::arange(query_end).unsqueeze(0);
  return at::where(j.gt(i), kMasked, scaled);
}

}  // namespace tally
