// Arrays for tests of kernels without LibTorch, each of exactly the numbers that a kernel may touch, so that
// AddressSanitizer sees the first one beyond; and their comparison with plain loops in double precision.
#ifndef TALLY_LIB_KERNELS_ARRAYS_FOR_TEST_H_
#define TALLY_LIB_KERNELS_ARRAYS_FOR_TEST_H_

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/random.h"

namespace tally {

// Normal numbers, other ones for each `seed`.
inline std::vector<float> NormalArray(uint64_t seed, int64_t count, double deviation = 1) {
  Random random(seed, RandomStream::kTest, 0);
  std::vector<float> numbers(count);
  for (float& x : numbers) x = static_cast<float>(deviation * random.Normal());
  return numbers;
}

// Whole numbers from 0 to `below` - 1.
inline std::vector<int64_t> IdArray(uint64_t seed, int64_t count, int64_t below) {
  Random random(seed, RandomStream::kTest, 1);
  std::vector<int64_t> ids(count);
  for (int64_t& id : ids) id = static_cast<int64_t>(random.Below(below));
  return ids;
}

// What a kernel shall write all of: it is no number before.
inline std::vector<float> UnwrittenArray(int64_t count) { return std::vector<float>(count, NAN); }

// Calls test(name) under each set of instructions that this machine has.
inline void ForEachInstructions(const std::function<void(const std::string& name)>& test) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    test(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(0);
  }
}

// Expects differences of at most `relative` times the largest number: of those expected, and `terms`, of what sums that
// cancel are made of.
inline void ExpectClose(const std::vector<float>& found, const std::vector<double>& expected, const std::string& what,
                        double relative = 1e-5, double terms = 0) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  double largest = terms;
  for (const double x : expected) largest = std::max(largest, std::abs(x));
  for (size_t i = 0; i < found.size(); ++i) {
    // Written so that what is no number fails. Below 1e-37 floats have fewer digits.
    ASSERT_TRUE(std::abs(found[i] - expected[i]) <= relative * largest + 1e-37)
        << what << " " << i << ": " << found[i] << ", expected " << expected[i];
  }
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ARRAYS_FOR_TEST_H_
