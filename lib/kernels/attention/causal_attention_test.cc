#include "lib/kernels/attention/causal_attention.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lib/kernels/expect_close_for_test.h"

namespace tally {
namespace {

struct Case {
  int64_t batch, seq, heads, size;
  bool by_head, unit_norm;
  int64_t clip, second_clip;               // clip 0: no table
  int64_t bias_batch = 0, bias_heads = 0;  // 0: no bias
  int64_t first_query = 0, ids_batch = 0;  // 0: one row of ids a sample
  int64_t shift = 0, key = 0;              // clips of coordinates that read the number of the recurrence
  bool count_second = false;
};

CausalAttentionInput InputOf(const Case& c) {
  at::manual_seed(1);
  CausalAttentionInput input;
  input.qkv = at::randn({c.batch, c.seq, 3 * c.heads * c.size}).set_requires_grad(true);
  input.heads = c.heads;
  input.by_head = c.by_head;
  input.unit_norm = c.unit_norm;
  input.first_query = c.first_query;
  input.scale = (at::rand({c.heads}) + 0.5).set_requires_grad(true);
  input.row_scale = at::arange(2, c.seq + 2, at::kFloat).log();
  if (c.clip > 0) {
    const int64_t rows = c.ids_batch > 0 ? c.ids_batch : c.batch;
    input.ids = {at::randint(0, 12, {rows, c.seq}, at::kLong),
                 at::Tensor(),
                 {c.clip, c.second_clip, c.shift, c.key, c.count_second}};
    if (c.second_clip > 0) input.ids.second = at::randint(0, 7, {rows, c.seq}, at::kLong);
    if (input.ids.clips.ReadRecurrence()) input.ids.recurrence = at::randint(0, 6, {rows}, at::kLong);
    input.table = at::randn({c.heads, input.ids.columns()}).set_requires_grad(true);
  }
  if (c.bias_batch > 0) {
    input.bias = at::randn({c.bias_batch, c.bias_heads, c.seq, c.seq}).set_requires_grad(true);
  }
  return input;
}

// Ids as a sum of two numbers has them: three runs that rise by one.
at::Tensor RisingIds(int64_t seq) { return at::arange(seq, at::kLong).remainder((seq + 2) / 3).unsqueeze(0); }

// The same values with gradients of their own.
CausalAttentionInput Copy(const CausalAttentionInput& input) {
  CausalAttentionInput copy = input;
  for (at::Tensor* tensor : {&copy.qkv, &copy.scale, &copy.table, &copy.bias}) {
    if (tensor->defined()) *tensor = tensor->detach().clone().set_requires_grad(true);
  }
  return copy;
}

class CausalAttentionTest : public ::testing::TestWithParam<Case> {};

TEST_P(CausalAttentionTest, EqualsPlainVersionForwardAndGradientForEachSetOfInstructions) {
  const CausalAttentionInput plain = InputOf(GetParam());
  const at::Tensor expected = CausalAttentionPlain(plain);
  const at::Tensor weights = at::randn(expected.sizes());
  (expected * weights).sum().backward();
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const std::string name = hwy::TargetName(target);
    const CausalAttentionInput fast = Copy(plain);
    const at::Tensor out = CausalAttention(fast);
    ExpectClose(out, expected, name + " out");
    (out * weights).sum().backward();
    ExpectClose(fast.qkv.grad(), plain.qkv.grad(), name + " qkv");
    ExpectClose(fast.scale.grad(), plain.scale.grad(), name + " scale");
    if (fast.table.defined()) ExpectClose(fast.table.grad(), plain.table.grad(), name + " table");
    if (fast.bias.defined()) ExpectClose(fast.bias.grad(), plain.bias.grad(), name + " bias");
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_P(CausalAttentionTest, EqualBytesForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const CausalAttentionInput one = InputOf(GetParam()), three = Copy(one);
  const auto run = [](const CausalAttentionInput& input) {
    const at::Tensor out = CausalAttention(input);
    out.sum().backward();
    return out;
  };
  at::set_num_threads(1);
  const at::Tensor serial = run(one);
  at::set_num_threads(3);
  const at::Tensor parallel = run(three);
  at::set_num_threads(threads);
  EXPECT_TRUE(serial.equal(parallel));
  EXPECT_TRUE(one.qkv.grad().equal(three.qkv.grad()));
  EXPECT_TRUE(!one.table.defined() || one.table.grad().equal(three.table.grad()));
}

// Tiles of keys with one term for all of them, parts of the queries, the last tile and chunk cut short: with each set
// of instructions that the machine has.
TEST(LongCausalAttentionTest, EqualsPlainVersionForEachSetOfInstructions) {
  const at::NoGradGuard no_grad;
  for (const Case& c : {Case{1, 2301, 2, 16, false, true, 3, 0, 0, 0, 1190, 1}, Case{1, 2049, 1, 12, true, true, 3, 0},
                        Case{2, 1100, 2, 20, false, false, 0, 0, 0, 0, 33}, Case{1, 1537, 2, 8, false, true, 2, 1},
                        Case{2, 1290, 2, 12, false, true, 2, 0, 0, 0, 0, 0, 2, 2},
                        Case{1, 1290, 2, 12, false, true, 2, 1, 0, 0, 0, 0, 1, 2, true}}) {
    CausalAttentionInput input = InputOf(c);
    if (c.clip > 0 && c.second_clip == 0) input.ids.first = RisingIds(c.seq).expand({c.batch, c.seq});
    const at::Tensor expected = CausalAttentionPlain(input);
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      hwy::SetSupportedTargetsForTest(target);
      ExpectClose(CausalAttention(input), expected, hwy::TargetName(target));
      hwy::SetSupportedTargetsForTest(0);
    }
  }
}

TEST(LongCausalAttentionTest, ThreadsOfItsOwnChangeNoByteAndLeaveLibTorchAsItIs) {
  const at::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const CausalAttentionInput input = InputOf({1, 1300, 2, 12, false, true, 3, 0});
  const at::Tensor expected = CausalAttention(input);
  for (const int count : {2, 3}) {
    const AttentionThreads threads(count);
    EXPECT_TRUE(CausalAttention(input).equal(expected)) << count;
    EXPECT_EQ(at::get_num_threads(), 1);
  }
  at::set_num_threads(before);
}

// Logits that differ by hundreds, the largest late, so that what was summed before counts for nothing.
TEST(LongCausalAttentionTest, EqualsPlainVersionForLogitsFarApart) {
  const at::NoGradGuard no_grad;
  CausalAttentionInput input = InputOf({1, 700, 2, 16, false, false, 3, 0});
  input.table = at::randn(input.table.sizes()) * 25;
  input.qkv = input.qkv * at::arange(700, at::kFloat).view({1, 700, 1}) / 700;
  ExpectClose(CausalAttention(input), CausalAttentionPlain(input), "out");
}

// The first `end` tokens of `all`, of which those from `begin` on are queries.
CausalAttentionInput Prefix(const CausalAttentionInput& all, int64_t begin, int64_t end) {
  CausalAttentionInput some = all;
  some.qkv = all.qkv.narrow(1, 0, end);
  some.first_query = begin;
  some.row_scale = all.row_scale.narrow(0, 0, end);
  for (at::Tensor* ids : {&some.ids.first, &some.ids.second}) {
    if (ids->defined()) *ids = ids->narrow(1, 0, end);
  }
  return some;
}

// A query alone takes another path than queries in blocks.
TEST(LongCausalAttentionTest, TokensOneByOneEqualAllAtOnce) {
  const at::NoGradGuard no_grad;
  for (const Case& c : {Case{2, 300, 2, 12, false, true, 3, 0}, Case{1, 40, 3, 16, true, false, 2, 1},
                        Case{2, 70, 2, 12, false, true, 2, 0, 0, 0, 0, 0, 2, 2}}) {
    const CausalAttentionInput all = InputOf(c);
    std::vector<at::Tensor> outs;
    for (int64_t begin = 0, end; begin < c.seq; begin = end) {
      end = begin == 0 ? 29 : begin == 29 ? 32 : begin + 1;
      outs.push_back(CausalAttention(Prefix(all, begin, end)));
    }
    ExpectClose(at::cat(outs, 1), CausalAttention(all), "out");
  }
}

// With a cache, of one query or several at a time, ending anywhere within a vector or block.
TEST(CachedCausalAttentionTest, EqualsAllAtOnceForEachSetOfInstructions) {
  const at::NoGradGuard no_grad;
  for (const Case& c :
       {Case{2, 1300, 2, 12, false, true, 3, 0}, Case{1, 540, 3, 16, true, false, 2, 1},
        Case{2, 70, 2, 5, false, true, 0, 0}, Case{2, 540, 2, 12, false, true, 2, 0, 0, 0, 0, 0, 2, 2}}) {
    CausalAttentionInput all = InputOf(c);
    if (c.clip > 0 && c.second_clip == 0) all.ids.first = RisingIds(c.seq).expand({c.batch, c.seq});
    const at::Tensor expected = CausalAttentionPlain(all);
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      hwy::SetSupportedTargetsForTest(target);
      std::vector<AttentionKeys> cache;
      std::vector<at::Tensor> outs;
      for (int64_t begin = 0, end; begin < c.seq; begin = end) {
        end = std::min(begin == 0 ? 29 : begin % 3 == 2 ? begin + 11 : begin + 1, c.seq);
        CausalAttentionInput some = Prefix(all, begin, end);
        some.qkv = all.qkv.narrow(1, begin, end - begin);
        some.cache = &cache;
        outs.push_back(CausalAttention(some));
      }
      ExpectClose(at::cat(outs, 1), expected, hwy::TargetName(target));
      hwy::SetSupportedTargetsForTest(0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, CausalAttentionTest,
    ::testing::Values(Case{1, 1, 1, 1, false, false, 0, 0},         // one token
                      Case{3, 17, 4, 16, false, true, 3, 0},        // the default recipe's terms
                      Case{2, 63, 4, 12, false, true, 3, 0},        // features that fill no whole vector
                      Case{2, 40, 2, 20, true, false, 0, 0},        // packed by head, no bias
                      Case{2, 37, 3, 8, false, true, 3, 2},         // 35 columns
                      Case{3, 33, 2, 16, true, false, 0, 0, 1, 2},  // one bias for all samples (FIRE)
                      Case{2, 18, 2, 5, false, true, 20, 0, 2, 1},  // bias and table, odd sizes
                      Case{1, 130, 2, 32, false, true, 1, 0},
                      Case{7, 70, 4, 12, false, true, 3, 0},             // two groups of heads, the second not full
                      Case{8, 67, 2, 8, true, true, 2, 2, 8, 2, 9},      // everything at once
                      Case{3, 29, 2, 16, false, true, 3, 0, 0, 0, 17},   // the last queries alone
                      Case{2, 20, 2, 8, true, false, 2, 1, 1, 1, 8, 1},  // ids that all samples share
                      Case{5, 31, 8, 12, false, true, 2, 0, 0, 0, 0, 0, 2, 2},        // a recurrence of each sample
                      Case{3, 18, 2, 12, false, true, 3, 1, 0, 0, 5, 0, 1, 0},        // its difference alone
                      Case{3, 18, 2, 12, false, true, 2, 1, 0, 0, 0, 0, 1, 2, true},  // counting by second ids
                      Case{3, 18, 2, 12, false, true, 2, 0, 0, 0, 0, 1, 0, 3}));      // its key alone, shared

}  // namespace
}  // namespace tally
