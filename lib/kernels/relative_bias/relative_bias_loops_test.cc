#include "lib/kernels/relative_bias/relative_bias_loops.h"

#include <gtest/gtest.h>

#include "lib/kernels/relative_bias/relative_bias_loops_for_test.h"

namespace tally {
namespace {

TEST(RelativeBiasLoopsTest, EqualPlainLoopsForwardAndGradient) {
  ExpectRelativeBias([](const RelativeBiasArrays& x) {
    for (int64_t b = 0; b < x.batch; ++b) {
      RelativeBiasForward(x, b);
      RelativeBiasBackward(x, b);
    }
  });
}

}  // namespace
}  // namespace tally
