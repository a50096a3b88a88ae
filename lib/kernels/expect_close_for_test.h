// What the operators' tests compare with.
#ifndef TALLY_LIB_KERNELS_EXPECT_CLOSE_FOR_TEST_H_
#define TALLY_LIB_KERNELS_EXPECT_CLOSE_FOR_TEST_H_

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <string>

namespace tally {

// Expects equal shapes and differences of at most `relative` times the largest entry: gradients of weights are sums
// over many rows. Undefined tensors equal each other.
inline void ExpectClose(const at::Tensor& found, const at::Tensor& expected, const std::string& what,
                        double relative = 1e-5) {
  ASSERT_EQ(found.defined(), expected.defined()) << what;
  if (!found.defined()) return;
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  const double largest = expected.abs().max().item<double>();
  EXPECT_LT((found - expected).abs().max().item<double>(), relative * largest + 1e-6) << what;
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_EXPECT_CLOSE_FOR_TEST_H_
