#include "lib/kernels/feed_forward/geglu.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tally
