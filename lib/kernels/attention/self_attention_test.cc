#include "lib/kernels/attention/self_attention.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/kernels/expect_close_for_test.h"

namespace tally {
namespace {

constexpr double kRelative = 2e-5;  // of the largest entry

struct Case {
  int64_t batch, seq, heads, size, outputs;
  bool by_head = false;
  bool bias = false;  // of heads and of samples; else a table
  int64_t first_query = 0;
  std::vector<int64_t> rows = {};  // empty: all
  bool shared = false;             // ids, or the bias, are the same for all samples
  bool unit_norm = true;
  int64_t shift = 0;  // clip of coordinates that read the number of the recurrence
};

at::Tensor Leaf(at::IntArrayRef shape, double deviation) {
  return (at::randn(shape) * deviation).set_requires_grad(true);
}

SelfAttentionInput InputOf(const Case& c) {
  at::manual_seed(1);
  const int64_t hidden = c.heads * c.size;
  SelfAttentionInput input;
  input.x = Leaf({c.batch, c.seq, hidden}, 1);
  input.in_weight = Leaf({3 * hidden, hidden}, 1 / std::sqrt(hidden));
  input.out_weight = Leaf({c.outputs, hidden}, 1 / std::sqrt(hidden));
  CausalAttentionInput& attention = input.attention;
  attention.heads = c.heads;
  attention.by_head = c.by_head;
  attention.unit_norm = c.unit_norm;
  attention.first_query = c.first_query;
  attention.scale = (at::rand({c.heads}) + 0.5).set_requires_grad(true);
  attention.row_scale = at::arange(2, c.seq + 2, at::kFloat).log();
  const int64_t samples = c.shared ? 1 : c.batch;
  if (c.bias) {
    attention.bias = Leaf({samples, c.heads, c.seq, c.seq}, 1);
  } else {
    attention.ids = {at::randint(0, 12, {samples, c.seq}, at::kLong),
                     at::randint(0, 7, {samples, c.seq}, at::kLong),
                     {3, 1, c.shift, c.shift}};
    if (c.shift > 0) attention.ids.recurrence = at::randint(0, 6, {samples}, at::kLong);
    attention.table = Leaf({c.heads, attention.ids.columns()}, 1);
  }
  if (!c.rows.empty()) {
    input.rows = at::empty({static_cast<int64_t>(c.rows.size())}, at::kLong);
    std::copy(c.rows.begin(), c.rows.end(), input.rows.data_ptr<int64_t>());
  }
  return input;
}

// What gradients go to, by name.
std::vector<std::pair<std::string, at::Tensor>> Leaves(const SelfAttentionInput& input) {
  return {{"x", input.x},
          {"in_weight", input.in_weight},
          {"out_weight", input.out_weight},
          {"scale", input.attention.scale},
          {"term", input.attention.bias.defined() ? input.attention.bias : input.attention.table}};
}

class SelfAttentionTest : public ::testing::TestWithParam<Case> {};

TEST_P(SelfAttentionTest, EqualsPlainVersionForwardAndGradientForEachSetOfInstructions) {
  const SelfAttentionInput plain = InputOf(GetParam());
  const at::Tensor expected = SelfAttentionPlain(plain);
  const at::Tensor weights = at::randn(expected.sizes());
  (expected * weights).sum().backward();
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const SelfAttentionInput fast = InputOf(GetParam());
    const at::Tensor out = SelfAttention(fast);
    ExpectClose(out, expected, "out", kRelative);
    (out * weights).sum().backward();
    const auto found = Leaves(fast), wanted = Leaves(plain);
    for (size_t i = 0; i < found.size(); ++i) {
      ExpectClose(found[i].second.grad(), wanted[i].second.grad(),
                  std::string(hwy::TargetName(target)) + " " + found[i].first, kRelative);
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

// Rounding to eight bits of mantissa on the way into products with weights; a row of logits may carry it on.
TEST_P(SelfAttentionTest, InBfloat16IsCloseForwardAndGradient) {
  constexpr double kRounding = 0.05;
  const SelfAttentionInput plain = InputOf(GetParam());
  SelfAttentionInput rounded = InputOf(GetParam());
  rounded.bfloat16 = true;
  const at::Tensor out = SelfAttention(rounded), expected = SelfAttentionPlain(plain);
  ExpectClose(out, expected, "out", kRounding);
  EXPECT_FALSE(out.equal(SelfAttention(plain)));
  const at::Tensor weights = at::randn(expected.sizes());
  (out * weights).sum().backward();
  (expected * weights).sum().backward();
  const auto found = Leaves(rounded), wanted = Leaves(plain);
  for (const size_t i : {0, 1, 2})
    ExpectClose(found[i].second.grad(), wanted[i].second.grad(), found[i].first, kRounding);
}

// Tiles are cut by the sizes alone.
TEST_P(SelfAttentionTest, EqualBytesForAnyNumberOfThreadsAndWithoutGradient) {
  const int threads = at::get_num_threads();
  const SelfAttentionInput input = InputOf(GetParam());
  at::set_num_threads(1);
  const at::Tensor serial = SelfAttention(input);
  at::set_num_threads(3);
  const at::NoGradGuard no_grad;
  const at::Tensor parallel = SelfAttention(input);
  at::set_num_threads(threads);
  EXPECT_TRUE(serial.equal(parallel));
}

TEST(SelfAttentionRowsTest, RowsThatAreNoneAreRefused) {
  for (const std::vector<int64_t>& rows : {std::vector<int64_t>{15, 13}, {13, 13}, {13, 4 * 20 + 15}, {11}}) {
    EXPECT_THROW(SelfAttention(InputOf({4, 20, 4, 8, 32, false, false, 12, rows})), c10::Error);
  }
}

// The last three queries of some samples, none of samples 4..11.
std::vector<int64_t> SomeRows(int64_t batch, int64_t seq) {
  std::vector<int64_t> rows;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t t = seq - 3; t < seq && (b < 4 || b > 11); ++t) rows.push_back(b * seq + t);
  }
  return rows;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, SelfAttentionTest,
    ::testing::Values(Case{1, 1, 1, 1, 1}, Case{4, 17, 4, 16, 64},
                      Case{37, 63, 4, 12, 48},               // several tiles, the last not whole
                      Case{5, 20, 3, 8, 10, true},           // packed by head, other outputs
                      Case{40, 63, 4, 16, 64, false, true},  // a bias for each pair and sample, several tiles
                      Case{40, 63, 4, 16, 64, false, true, 0, {}, true, false},  // one for all samples
                      Case{30, 64, 4, 16, 64, false, false, 40, {}, true},       // the last queries alone
                      Case{4, 20, 4, 8, 32, false, false, 12, {12, 15, 19, 32, 33, 77, 79}},
                      Case{37, 63, 4, 12, 48, false, false, 60, SomeRows(37, 63)},
                      Case{23, 30, 8, 12, 96, false, false, 0, {}, false, true, 2}));  // a recurrence of each sample

}  // namespace
}  // namespace tally
