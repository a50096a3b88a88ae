// The clipped relative bias on coupled ids, with the causal mask.
#ifndef TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_H_
#define TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "lib/kernels/relative_bias/relative_column.h"

namespace tally {

// The ids of tokens and how far their differences count.
struct RelativeIds {
  at::Tensor first;   // [batch or 1, seq] int64
  at::Tensor second;  // the same, or undefined: no second coordinate
  RelativeClips clips;
  at::Tensor recurrence = {};  // [batch or 1] int64, its number in each sample; undefined where no clip reads it

  int64_t columns() const { return clips.columns(); }
};

// For queries i in [query_begin, query_end) and keys j in [0, query_end):
//
//   out[b, h, i - query_begin, j] = row_scale[i] * table[h, column(b, i, j)]   for j <= i
//                                 = -infinity                                  for j > i
//   column = RelativeColumn (relative_column.h): with two coordinates
//            (clip(first_i - first_j) + c) (2 c2 + 1) + clip(second_i - second_j) + c2
//
// table [heads, ids.columns()] float32; row_scale [seq] float32, all on one device; the result is
// [batch, heads, query_end - query_begin, query_end]. Differentiable in `table`, deterministically: its gradient is
// summed in an order that does not depend on the number of threads. On devices for which the build has no kernels it is
// the plain version, and so it is for tables with more columns than these take. docs/models.md says what it is for.
at::Tensor RelativeBias(const RelativeIds& ids, const at::Tensor& table, const at::Tensor& row_scale,
                        int64_t query_begin, int64_t query_end);

// The same by ATen's gather and where, on any device.
at::Tensor RelativeBiasPlain(const RelativeIds& ids, const at::Tensor& table, const at::Tensor& row_scale,
                             int64_t query_begin, int64_t query_end);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_H_
