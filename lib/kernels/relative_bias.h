// The clipped relative bias on coupled ids, with the causal mask.
#ifndef TALLY_LIB_KERNELS_RELATIVE_BIAS_H_
#define TALLY_LIB_KERNELS_RELATIVE_BIAS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

// For queries i in [query_begin, query_end) and keys j in [0, query_end):
//
//   out[b, h, i - query_begin, j] = row_scale[i] * table[h, clip(ids[b, i] - ids[b, j], -c, c) + c]   for j <= i
//                                 = -infinity                                                          for j > i
//
// ids [batch, seq] int64; table [heads, 2 c + 1] float32; row_scale [seq] float32, all on the CPU; the result is
// [batch, heads, query_end - query_begin, query_end]. Differentiable in `table`, deterministically: its gradient is
// summed in an order that does not depend on the number of threads. DESIGN section 6 names the measurement.
at::Tensor RelativeBias(const at::Tensor& ids, const at::Tensor& table, const at::Tensor& row_scale,
                        int64_t query_begin, int64_t query_end);

// The same by ATen's gather and where, for tests.
at::Tensor RelativeBiasPlain(const at::Tensor& ids, const at::Tensor& table, const at::Tensor& row_scale,
                             int64_t query_begin, int64_t query_end);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RELATIVE_BIAS_H_
