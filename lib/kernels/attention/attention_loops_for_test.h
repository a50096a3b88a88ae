// Causal attention in plain loops and double precision, forward and backward, for tests of what computes it otherwise.
#ifndef TALLY_LIB_KERNELS_ATTENTION_ATTENTION_LOOPS_FOR_TEST_H_
#define TALLY_LIB_KERNELS_ATTENTION_ATTENTION_LOOPS_FOR_TEST_H_

#include <cstdint>
#include <vector>

#include "lib/kernels/attention/attention_simd.h"

namespace tally {

// Which problem; ids and numbers are random.
struct AttentionCase {
  int64_t batch, seq, heads, size;
  bool by_head, unit_norm;
  RelativeClips clips;                     // first 0: no table
  int64_t bias_batch = 0, bias_heads = 0;  // 1 or as many as there are; 0: no bias
  int64_t first_query = 0;
  double deviation = 1;     // of queries, keys and values
  bool shared_ids = false;  // one row of ids for all samples
  bool masked = false;      // the bias of some keys is -infinity
  bool local = false;       // ids as numbers of 90 digits have them; keys with far first ids are left out by the table
};

// The arrays of a problem, each of exactly the numbers that belong to it.
struct AttentionArrays {
  explicit AttentionArrays(const AttentionCase& c);

  AttentionTerms Terms() const;

  AttentionLayout layout;
  bool unit_norm;
  RelativeClips clips;
  int64_t ids_batch_stride, recurrence_batch_stride, bias_batch_stride, bias_head_stride;
  std::vector<float> qkv, row_scale, scale, table, bias, grad_out;
  std::vector<int64_t> first, second, recurrence;
};

// What attention_simd.h's functions write.
struct AttentionLoops {
  explicit AttentionLoops(const AttentionArrays& x);

  std::vector<double> out, log_sum_exp;  // log_sum_exp of queries, zeros for other tokens
  std::vector<double> qkv, scale, table, bias;
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_ATTENTION_LOOPS_FOR_TEST_H_
