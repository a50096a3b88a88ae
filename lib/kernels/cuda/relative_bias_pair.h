// The clipped relative bias, pair of tokens by pair of tokens (lib/kernels/relative_bias/relative_bias.h).
#ifndef TALLY_LIB_KERNELS_CUDA_RELATIVE_BIAS_PAIR_H_
#define TALLY_LIB_KERNELS_CUDA_RELATIVE_BIAS_PAIR_H_

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/host_device.h"
#include "lib/kernels/relative_bias/relative_column.h"

namespace tally {

struct RelativeBiasArrays {
  int64_t batch = 0, seq = 0, heads = 0, begin = 0, end = 0;  // queries begin, ..., end - 1; keys 0, ..., end - 1
  RelativeClips clips;
  const int64_t* first = nullptr;       // [batch, seq]
  const int64_t* second = nullptr;      // the same, or null
  const int64_t* recurrence = nullptr;  // [batch], or null
  const float* row_scale = nullptr;     // [seq]

  const float* table = nullptr;  // [heads, columns()]; forward
  float* out = nullptr;          // [batch, heads, end - begin, end]; forward

  const float* grad_out = nullptr;  // as `out`; backward
  float* of_samples = nullptr;      // [batch, heads, columns()]: the table's gradient from each sample; backward

  TALLY_HOST_DEVICE int64_t columns() const { return clips.columns(); }
  TALLY_HOST_DEVICE int64_t rows() const { return end - begin; }
};

TALLY_HOST_DEVICE inline int64_t RelativeColumn(const RelativeBiasArrays& x, int64_t b, int64_t i, int64_t j) {
  SampleIds ids;
  ids.first = x.first + b * x.seq;
  if (x.second != nullptr) ids.second = x.second + b * x.seq;
  if (x.recurrence != nullptr) ids.recurrence = x.recurrence[b];
  return RelativeColumn(x.clips, ids, i, j);
}

// Number n of `out`.
TALLY_HOST_DEVICE inline void RelativeBiasAt(const RelativeBiasArrays& x, int64_t n) {
  const int64_t j = n % x.end, row = n / x.end, i = x.begin + row % x.rows();
  const int64_t h = row / x.rows() % x.heads, b = row / x.rows() / x.heads;
  x.out[n] = j > i ? -INFINITY : x.row_scale[i] * x.table[h * x.columns() + RelativeColumn(x, b, i, j)];
}

// Thread t of n that share the pairs of sample b and head h: adds its part to sums[column * n + t]. The parts do not
// depend on when threads run, and so neither does the sum over them.
TALLY_HOST_DEVICE inline void AddRelativeBiasGradients(const RelativeBiasArrays& x, int64_t b, int64_t h, int t, int n,
                                                       float* sums) {
  const float* row = x.grad_out + (b * x.heads + h) * x.rows() * x.end;
  for (int64_t i = x.begin; i < x.end; ++i, row += x.end) {
    for (int64_t j = t; j <= i; j += n) sums[RelativeColumn(x, b, i, j) * n + t] += x.row_scale[i] * row[j];
  }
}

// The gradient of one column from the parts of n threads.
TALLY_HOST_DEVICE inline void FinishRelativeBiasGradient(const RelativeBiasArrays& x, int64_t b, int64_t h,
                                                         int64_t column, int n, const float* sums) {
  float total = 0;
  for (int t = 0; t < n; ++t) total += sums[column * n + t];
  x.of_samples[(b * x.heads + h) * x.columns() + column] = total;
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_RELATIVE_BIAS_PAIR_H_
