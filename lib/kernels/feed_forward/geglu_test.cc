#include "lib/kernels/feed_forward/geglu.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tally {
namespace {

class GegluTest : public ::testing::TestWithParam<std::vector<int64_t>> {};

TEST_P(GegluTest, EqualsPlainVersionForwardAndGradient) {
  at::manual_seed(1);
  at::Tensor fast_in = (at::randn(GetParam()) * 3).set_requires_grad(true);
  at::Tensor plain_in = fast_in.detach().clone().set_requires_grad(true);
  const at::Tensor fast = Geglu(fast_in), plain = GegluPlain(plain_in);
  ASSERT_EQ(fast.sizes(), plain.sizes());
  EXPECT_TRUE(at::allclose(fast, plain, /*rtol=*/1e-5, /*atol=*/2e-6));
  const at::Tensor weights = at::randn(fast.sizes());
  (fast * weights).sum().backward();
  (plain * weights).sum().backward();
  EXPECT_TRUE(at::allclose(fast_in.grad(), plain_in.grad(), /*rtol=*/1e-5, /*atol=*/2e-6));
}

// Widths below, at and beyond whole SIMD vectors; enough rows for several threads.
INSTANTIATE_TEST_SUITE_P(Shapes, GegluTest,
                         ::testing::Values(std::vector<int64_t>{1, 2}, std::vector<int64_t>{3, 5, 14},
                                           std::vector<int64_t>{7, 32}, std::vector<int64_t>{4, 90, 256}));

TEST(GegluTest, IsExactToRoundingFarOut) {
  const at::Tensor x = at::linspace(-40, 40, 20001);
  const at::Tensor in = at::stack({at::ones_like(x), x}, 1);
  const at::Tensor error = (Geglu(in) - GegluPlain(in.to(at::kDouble)).to(at::kFloat)).abs();
  EXPECT_LT((error / x.abs().clamp_min(1).unsqueeze(1)).max().item<double>(), 2e-7);
}

struct Case {
  std::vector<int64_t> shape;  // of x
  int64_t width, outputs;
};

// x, in_weight and out_weight.
std::vector<at::Tensor> Leaves(const Case& c) {
  at::manual_seed(1);
  const int64_t hidden = c.shape.back();
  std::vector<at::Tensor> leaves = {at::randn(c.shape), at::randn({2 * c.width, hidden}) / std::sqrt(hidden),
                                    at::randn({c.outputs, c.width}) / std::sqrt(c.width)};
  for (at::Tensor& leaf : leaves) leaf.set_requires_grad(true);
  return leaves;
}

// An error relative to the largest entry: gradients of weights are sums over all rows.
double Error(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

class GegluFeedForwardTest : public ::testing::TestWithParam<Case> {};

TEST_P(GegluFeedForwardTest, EqualsPlainVersionForwardAndGradient) {
  const std::vector<at::Tensor> fast = Leaves(GetParam()), plain = Leaves(GetParam());
  const at::Tensor out = GegluFeedForward(fast[0], fast[1], fast[2]);
  const at::Tensor expected = GegluFeedForwardPlain(plain[0], plain[1], plain[2]);
  ASSERT_EQ(out.sizes(), expected.sizes());
  EXPECT_LT(Error(out, expected), 2e-6);
  const at::Tensor weights = at::randn(out.sizes());
  (out * weights).sum().backward();
  (expected * weights).sum().backward();
  for (size_t i = 0; i < fast.size(); ++i) EXPECT_LT(Error(fast[i].grad(), plain[i].grad()), 5e-6) << i;
}

// Rounding to eight bits of mantissa on the way into each product, forward and backward; errors are relative to the
// largest number.
TEST_P(GegluFeedForwardTest, InBfloat16IsCloseForwardAndGradient) {
  const std::vector<at::Tensor> rounded = Leaves(GetParam()), plain = Leaves(GetParam());
  const at::Tensor out = GegluFeedForward(rounded[0], rounded[1], rounded[2], /*bfloat16=*/true);
  const at::Tensor expected = GegluFeedForwardPlain(plain[0], plain[1], plain[2]);
  EXPECT_LT(Error(out, expected), 2e-2);
  EXPECT_GT(Error(out, expected), 1e-4);  // it is another way
  const at::Tensor weights = at::randn(out.sizes());
  (out * weights).sum().backward();
  (expected * weights).sum().backward();
  for (size_t i = 0; i < rounded.size(); ++i) EXPECT_LT(Error(rounded[i].grad(), plain[i].grad()), 3e-2) << i;
}

TEST_P(GegluFeedForwardTest, WithoutGradientIsTheSame) {
  const std::vector<at::Tensor> leaves = Leaves(GetParam());
  const at::Tensor out = GegluFeedForward(leaves[0], leaves[1], leaves[2]);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(at::allclose(GegluFeedForward(leaves[0], leaves[1], leaves[2]), out, 1e-6, 1e-6));
}

// One row, widths that fill no vector, other outputs than inputs, and several tiles, the last not whole.
INSTANTIATE_TEST_SUITE_P(Shapes, GegluFeedForwardTest,
                         ::testing::Values(Case{{1, 3}, 5, 2}, Case{{2, 7, 12}, 24, 12}, Case{{5, 130, 64}, 128, 64},
                                           Case{{1000, 48}, 96, 48}));

}  // namespace
}  // namespace tally
