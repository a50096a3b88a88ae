// Numbers for a relative bias and what it must give, by plain loops over pairs of tokens without sums of parts.
#ifndef TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_LOOPS_FOR_TEST_H_
#define TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_LOOPS_FOR_TEST_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "lib/kernels/arrays_for_test.h"
#include "lib/kernels/cuda/relative_bias_pair.h"
#include "lib/kernels/relative_bias/relative_column.h"

namespace tally {

// Expects of `run`, which writes out and of_samples, what the definition gives, for several sets of clips.
inline void ExpectRelativeBias(const std::function<void(const RelativeBiasArrays&)>& run) {
  const int64_t batch = 3, seq = 21, heads = 2, begin = 4, end = 19, numbers = batch * heads * (end - begin) * end;
  const std::vector<int64_t> first = IdArray(1, batch * seq, 12), second = IdArray(2, batch * seq, 7),
                             recurrence = IdArray(3, batch, 6);
  const std::vector<float> row_scale = NormalArray(4, seq), grad_out = NormalArray(6, numbers);
  for (const RelativeClips& clips :
       {RelativeClips{3}, RelativeClips{3, 2}, RelativeClips{2, 0, 2, 1}, RelativeClips{2, 1, 1, 1, true}}) {
    const int64_t columns = clips.columns();
    const std::vector<float> table = NormalArray(5, heads * columns);
    std::vector<float> out = UnwrittenArray(numbers), of_samples = UnwrittenArray(batch * heads * columns);
    run({batch, seq, heads, begin, end, clips, first.data(), second.data(), recurrence.data(), row_scale.data(),
         table.data(), out.data(), grad_out.data(), of_samples.data()});
    std::vector<double> gradient(of_samples.size());
    for (int64_t n = 0; n < numbers; ++n) {
      const int64_t j = n % end, i = begin + n / end % (end - begin), head = n / end / (end - begin);
      const SampleIds ids = {&first[head / heads * seq], &second[head / heads * seq], recurrence[head / heads]};
      if (j > i) {
        EXPECT_EQ(out[n], -INFINITY);
        continue;
      }
      const int64_t column = RelativeColumn(clips, ids, i, j);
      EXPECT_EQ(out[n], row_scale[i] * table[head % heads * columns + column]);
      gradient[head * columns + column] += double{row_scale[i]} * grad_out[n];
    }
    ExpectClose(of_samples, gradient, "gradient");
  }
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_LOOPS_FOR_TEST_H_
