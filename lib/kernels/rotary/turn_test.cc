#include "lib/kernels/rotary/turn.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lib/kernels/expect_close_for_test.h"

namespace tally {
namespace {

TEST(TurnTest, TurnsPairsByTheirAngles) {
  const at::Tensor x = at::randn({2, 3, 4, 6}), angles = at::randn({4, 3});  // [batch, heads, seq, size]
  const at::Tensor turned = Turned(x, angles);
  for (int64_t t = 0; t < 4; ++t) {
    for (int64_t j = 0; j < 3; ++j) {
      const double a = angles[t][j].item<double>();
      const double first = x[1][2][t][j].item<double>(), second = x[1][2][t][j + 3].item<double>();
      EXPECT_NEAR(turned[1][2][t][j].item<double>(), first * std::cos(a) - second * std::sin(a), 1e-6);
      EXPECT_NEAR(turned[1][2][t][j + 3].item<double>(), second * std::cos(a) + first * std::sin(a), 1e-6);
    }
  }
}

// The pass over packed heads against ATen's operators, forward and gradient; doubles take the latter.
TEST(TurnTest, PackedHeadsAsOneByOne) {
  constexpr int64_t kBatch = 3, kSeq = 5, kHeads = 2, kSize = 10;
  const at::Tensor angles = at::randn({kSeq, kSize / 2});
  const at::Tensor numbers = at::randn({kBatch, kSeq, 3 * kHeads * kSize});
  const at::Tensor weights = at::randn(numbers.sizes());
  for (const bool by_head : {false, true}) {
    const at::Tensor leaf = numbers.clone().set_requires_grad(true);
    const at::Tensor found = TurnQueriesAndKeys(leaf * 1, angles, kHeads, by_head);
    (found * weights).sum().backward();
    const at::Tensor exact = numbers.to(at::kDouble).set_requires_grad(true);
    const at::Tensor expected = TurnQueriesAndKeys(exact, angles.to(at::kDouble), kHeads, by_head);
    (expected * weights.to(at::kDouble)).sum().backward();
    ExpectClose(found, expected.to(at::kFloat), "turned", 1e-5);
    ExpectClose(leaf.grad(), exact.grad().to(at::kFloat), "gradient", 1e-5);
    EXPECT_FALSE(found.allclose(numbers));
    const auto values = [&](const at::Tensor& x) {
      return by_head ? x.unflatten(2, {kHeads, 3, kSize}).select(3, 2)
                     : x.unflatten(2, {3, kHeads, kSize}).select(2, 2);
    };
    EXPECT_TRUE(values(found).equal(values(numbers)));
  }
}

TEST(TurnTest, WithoutGradientToo) {
  const at::Tensor numbers = at::randn({1, 4, 12}), angles = at::randn({4, 2});
  const at::Tensor expected = TurnQueriesAndKeys(numbers.to(at::kDouble), angles.to(at::kDouble), 1, false);
  ExpectClose(TurnQueriesAndKeys(numbers.clone(), angles, 1, false), expected.to(at::kFloat), "turned", 1e-5);
}

}  // namespace
}  // namespace tally
