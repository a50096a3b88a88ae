#include "lib/kernels/relative_bias/relative_bias.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

struct Case {
  int64_t batch, seq, heads, clip, second_clip, begin, end;
  int64_t shift = 0, key = 0;
  bool count_second = false;
};

class RelativeBiasTest : public ::testing::TestWithParam<Case> {};

TEST_P(RelativeBiasTest, EqualsPlainVersionForwardAndGradient) {
  const Case c = GetParam();
  at::manual_seed(1);
  RelativeIds ids = {at::randint(0, 12, {c.batch, c.seq}, at::kLong),
                     at::Tensor(),
                     {c.clip, c.second_clip, c.shift, c.key, c.count_second}};
  if (c.second_clip > 0) ids.second = at::randint(0, 7, {c.batch, c.seq}, at::kLong);
  if (ids.clips.ReadRecurrence()) ids.recurrence = at::randint(0, 6, {c.batch}, at::kLong);
  const at::Tensor row_scale = at::arange(2, c.seq + 2, at::kFloat).log();
  at::Tensor fast_table = at::randn({c.heads, ids.columns()}).set_requires_grad(true);
  at::Tensor plain_table = fast_table.detach().clone().set_requires_grad(true);
  const at::Tensor fast = RelativeBias(ids, fast_table, row_scale, c.begin, c.end);
  const at::Tensor plain = RelativeBiasPlain(ids, plain_table, row_scale, c.begin, c.end);
  ASSERT_EQ(fast.sizes(), plain.sizes());
  EXPECT_TRUE(fast.equal(plain));

  const at::Tensor weights = at::randn(fast.sizes());
  const auto loss = [&](const at::Tensor& x) {
    return (at::where(at::isfinite(x), x, at::zeros_like(x)) * weights).sum();
  };
  loss(fast).backward();
  loss(plain).backward();
  EXPECT_TRUE(at::allclose(fast_table.grad(), plain_table.grad(), /*rtol=*/1e-4, /*atol=*/1e-4));
}

INSTANTIATE_TEST_SUITE_P(Shapes, RelativeBiasTest,
                         ::testing::Values(Case{1, 1, 1, 1, 0, 0, 1}, Case{3, 17, 4, 3, 0, 0, 17},
                                           Case{2, 33, 2, 5, 0, 20, 33}, Case{5, 9, 3, 20, 0, 4, 7},
                                           Case{2, 21, 4, 3, 2, 0, 21}, Case{3, 12, 2, 1, 4, 5, 11},
                                           Case{3, 14, 2, 2, 0, 0, 14, 2, 2}, Case{2, 9, 2, 1, 1, 2, 8, 0, 3},
                                           Case{2, 9, 2, 2, 1, 0, 9, 2, 1, true}));

// Pairs whose columns are known: query of id 7 in recurrence 3.
TEST(RelativeColumnTest, CountsFromTheRecurrence) {
  const RelativeClips clips = {.first = 2, .shift = 1, .key = 1};
  const int64_t first[] = {5, 4, 7};
  const SampleIds ids = {first, nullptr, 3};
  EXPECT_EQ(clips.columns(), 5 * 3 * 3);
  EXPECT_EQ(RelativeColumn(clips, ids, 2, 0), (4 * 3 + 0) * 3 + 1);  // 7 - 5 = 2; 2 - 3 = -1; 5 is digit 3
  EXPECT_EQ(RelativeColumn(clips, ids, 2, 1), (4 * 3 + 1) * 3 + 0);  // 7 - 4 = 3, clipped; 3 - 3 = 0; 4 is digit 2
}

}  // namespace
}  // namespace tally
