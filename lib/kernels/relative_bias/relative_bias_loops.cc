#include "lib/kernels/relative_bias/relative_bias_loops.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace tally {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

// The column of the table for each key j <= i of query i of sample b.
void Columns(const RelativeBiasArrays& x, int64_t b, int64_t i, std::vector<int32_t>* columns) {
  for (int64_t j = 0; j <= i; ++j) (*columns)[j] = static_cast<int32_t>(RelativeColumn(x, b, i, j));
}

}  // namespace

void RelativeBiasForward(const RelativeBiasArrays& x, int64_t b) {
  std::vector<int32_t> columns(x.end);
  std::vector<float> scaled(x.columns());
  float* const out = x.out + b * x.heads * x.rows() * x.end;
  for (int64_t i = x.begin; i < x.end; ++i) {
    Columns(x, b, i, &columns);
    for (int64_t h = 0; h < x.heads; ++h) {
      for (int64_t c = 0; c < x.columns(); ++c) scaled[c] = x.row_scale[i] * x.table[h * x.columns() + c];
      float* row = out + (h * x.rows() + i - x.begin) * x.end;
      for (int64_t j = 0; j <= i; ++j) row[j] = scaled[columns[j]];
      std::fill(row + i + 1, row + x.end, kMasked);
    }
  }
}

void RelativeBiasBackward(const RelativeBiasArrays& x, int64_t b) {
  std::vector<int32_t> columns(x.end);
  std::vector<float> sums(x.columns());
  const float* const grad_out = x.grad_out + b * x.heads * x.rows() * x.end;
  float* const gradient = x.of_samples + b * x.heads * x.columns();
  std::fill_n(gradient, x.heads * x.columns(), 0.0f);
  for (int64_t i = x.begin; i < x.end; ++i) {
    Columns(x, b, i, &columns);
    for (int64_t h = 0; h < x.heads; ++h) {
      const float* row = grad_out + (h * x.rows() + i - x.begin) * x.end;
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t j = 0; j <= i; ++j) sums[columns[j]] += row[j];
      for (int64_t c = 0; c < x.columns(); ++c) gradient[h * x.columns() + c] += x.row_scale[i] * sums[c];
    }
  }
}

}  // namespace tally
