// What the kernels compute, on the CPU: threads, rows and parts in turn.
#include "lib/kernels/cuda/cuda_kernels.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/kernels/attention/causal_attention.h"
#include "lib/kernels/expect_close_for_test.h"
#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/norm/add_layer_norm.h"
#include "lib/kernels/normal_draw/normal_draw.h"
#include "lib/kernels/relative_bias/relative_bias.h"

namespace tally {
namespace {

const float* In(const at::Tensor& tensor) { return tensor.const_data_ptr<float>(); }
float* Out(const at::Tensor& tensor) { return tensor.data_ptr<float>(); }

at::Tensor Leaf(at::IntArrayRef shape) { return at::randn(shape).set_requires_grad(true); }

// Number by number, and, where the width allows it, several at a time.
TEST(CudaGegluTest, EqualsPlainVersionForwardAndGradient) {
  at::manual_seed(1);
  for (const int64_t width : {13, 12}) {
    const int64_t rows = 37;
    const at::Tensor in = Leaf({rows, 2 * width}), grad_out = at::randn({rows, width});
    const at::Tensor out = at::empty({rows, width}), grad_in = at::empty({rows, 2 * width});
    const GegluArrays arrays = {In(in), In(grad_out), rows, width, Out(out), Out(grad_in)};
    const bool packs = width % kGegluNumbers == 0;
    for (int64_t i = 0; i < rows * width / (packs ? kGegluNumbers : 1); ++i) {
      packs ? GegluForwardPackAt<float>(arrays, i) : GegluForwardAt<float>(arrays, i);
      packs ? GegluBackwardPackAt<float>(arrays, i) : GegluBackwardAt<float>(arrays, i);
    }
    const at::Tensor expected = GegluPlain(in);
    (expected * grad_out).sum().backward();
    ExpectClose(out, expected, "out");
    ExpectClose(grad_in, in.grad(), "gradient");
  }
}

TEST(CudaAddLayerNormTest, EqualsPlainVersionForwardAndGradient) {
  at::manual_seed(1);
  const int64_t rows = 37, width = 50, part_rows = 16, parts = 3;
  const at::Tensor a = Leaf({rows, width}), b = Leaf({rows, width}), weight = Leaf({width}), bias = Leaf({width});
  const at::Tensor grad_sum = at::randn({rows, width}), grad_norm = at::randn({rows, width});
  const at::Tensor sum = at::empty({rows, width}), norm = at::empty({rows, width}), moments = at::empty({rows, 2});
  const at::Tensor grad_x = at::empty({rows, width}), of_parts = at::empty({parts, 2, width});
  AddLayerNormArrays x;
  x.rows = rows, x.width = width, x.weight = In(weight);
  x.a = In(a), x.b = In(b), x.bias = In(bias), x.epsilon = 1e-5f;
  x.sum = Out(sum), x.moments = Out(moments), x.norm = Out(norm);
  x.grad_norm = In(grad_norm), x.grad_sum = In(grad_sum), x.grad_x = Out(grad_x);
  x.of_parts = Out(of_parts), x.part_rows = part_rows;
  const auto alone = [](float partial) { return partial; };
  for (int64_t row = 0; row < rows; ++row) AddLayerNormRowForward<float, float>(x, row, 0, 1, alone);
  for (int64_t row = 0; row < rows; ++row) AddLayerNormRowBackward<float, float>(x, row, 0, 1, alone);
  for (int64_t part = 0; part < parts; ++part) {
    for (int64_t c = 0; c < width; ++c) AddLayerNormPartBackward<float>(x, part, c);
  }
  const SumAndNorm expected = AddLayerNormPlain(a, b, weight, bias, 1e-5);
  ((expected.sum * grad_sum).sum() + (expected.norm * grad_norm).sum()).backward();
  ExpectClose(sum, expected.sum, "sum");
  ExpectClose(norm, expected.norm, "norm");
  ExpectClose(grad_x, a.grad(), "gradient of the terms");
  ExpectClose(of_parts.sum(0).select(0, 0), weight.grad(), "gradient of weight");
  ExpectClose(of_parts.sum(0).select(0, 1), bias.grad(), "gradient of bias");
}

// Calls row(lane, lanes, reduce) for one lane, then for four that share the row, each of which gets from `reduce` what
// the one got. Their parts must add up to that, and `out` must be the same.
void ExpectLanesTogetherDoAsOne(const at::Tensor& out,
                                const std::function<void(int, int, const std::function<float(float)>&)>& row) {
  constexpr int kLanes = 4;
  std::vector<float> totals, sums;
  row(0, 1, [&](float partial) {
    totals.push_back(partial);
    return partial;
  });
  const at::Tensor expected = out.clone();
  sums.resize(totals.size());
  out.zero_();
  for (int lane = 0; lane < kLanes; ++lane) {
    size_t call = 0;
    row(lane, kLanes, [&](float partial) {
      sums[call] += partial;
      return totals[call++];
    });
  }
  EXPECT_TRUE(out.equal(expected));
  for (size_t call = 0; call < totals.size(); ++call) EXPECT_NEAR(sums[call], totals[call], 1e-5) << call;
}

TEST(CudaAddLayerNormTest, LanesTogetherCoverTheRow) {
  at::manual_seed(1);
  const int64_t width = 10;
  const at::Tensor a = at::randn({1, width}), b = at::randn({1, width}), weight = at::randn({width}),
                   bias = at::randn({width}), grad_norm = at::randn({1, width});
  const at::Tensor sum = at::empty({1, width}), norm = at::empty({1, width}), moments = at::empty({1, 2}),
                   grad_x = at::empty({1, width});
  AddLayerNormArrays x;
  x.rows = 1, x.width = width, x.weight = In(weight), x.a = In(a), x.b = In(b), x.bias = In(bias), x.epsilon = 1e-5f;
  x.sum = Out(sum), x.moments = Out(moments), x.norm = Out(norm), x.grad_norm = In(grad_norm), x.grad_x = Out(grad_x);
  ExpectLanesTogetherDoAsOne(norm, [&](int lane, int lanes, const auto& reduce) {
    AddLayerNormRowForward<float, float>(x, 0, lane, lanes, reduce);
  });
  ExpectLanesTogetherDoAsOne(grad_x, [&](int lane, int lanes, const auto& reduce) {
    AddLayerNormRowBackward<float, float>(x, 0, lane, lanes, reduce);
  });
  // Without a gradient of the sum.
  const at::Tensor leaf = a.clone().set_requires_grad(true);
  (AddLayerNormPlain(leaf, b, weight, bias, 1e-5).norm * grad_norm).sum().backward();
  ExpectClose(grad_x, leaf.grad(), "gradient");
}

TEST(CudaRelativeBiasTest, EqualsPlainVersionForwardAndGradient) {
  at::manual_seed(1);
  constexpr int kThreads = 5;
  for (const RelativeClips& clips :
       {RelativeClips{3}, RelativeClips{3, 2}, RelativeClips{2, 0, 2, 1}, RelativeClips{2, 1, 1, 1, true}}) {
    const int64_t batch = 3, seq = 21, heads = 2, begin = 4, end = 19;
    RelativeIds ids = {at::randint(0, 12, {batch, seq}, at::kLong), at::Tensor(), clips};
    if (clips.second > 0) ids.second = at::randint(0, 7, {batch, seq}, at::kLong);
    if (clips.ReadRecurrence()) ids.recurrence = at::randint(0, 6, {batch}, at::kLong);
    const at::Tensor row_scale = at::arange(2, seq + 2, at::kFloat).log(), table = Leaf({heads, ids.columns()});
    const at::Tensor out = at::empty({batch, heads, end - begin, end}), grad_out = at::randn(out.sizes());
    const at::Tensor of_samples = at::empty({batch, heads, ids.columns()});
    const RelativeBiasArrays x = {batch,
                                  seq,
                                  heads,
                                  begin,
                                  end,
                                  ids.clips,
                                  ids.first.const_data_ptr<int64_t>(),
                                  ids.second.defined() ? ids.second.const_data_ptr<int64_t>() : nullptr,
                                  ids.recurrence.defined() ? ids.recurrence.const_data_ptr<int64_t>() : nullptr,
                                  In(row_scale),
                                  In(table),
                                  Out(out),
                                  In(grad_out),
                                  Out(of_samples)};
    for (int64_t n = 0; n < out.numel(); ++n) RelativeBiasAt(x, n);
    for (int64_t b = 0; b < batch; ++b) {
      for (int64_t h = 0; h < heads; ++h) {
        std::vector<float> sums(ids.columns() * kThreads);
        for (int t = 0; t < kThreads; ++t) AddRelativeBiasGradients(x, b, h, t, kThreads, sums.data());
        for (int64_t c = 0; c < ids.columns(); ++c) FinishRelativeBiasGradient(x, b, h, c, kThreads, sums.data());
      }
    }
    const at::Tensor expected = RelativeBiasPlain(ids, table, row_scale, begin, end);
    EXPECT_TRUE(out.equal(expected)) << clips.columns();
    at::where(expected.isinf(), at::zeros({}), expected * grad_out).sum().backward();
    ExpectClose(of_samples.sum(0), table.grad(), "gradient");
  }
}

// States of 3 positions of each of two samples; their bits are unsigned, beyond what a signed number holds.
// One thread, alone in its group.
struct Alone {
  static constexpr int kEach = 128;
  int thread = 0, threads = 1, lane = 0, lanes = 1, group = 0, groups = 1;
  void Sync() const {}
  float Sum(float x) const { return x; }
  float Max(float x) const { return x; }
};

struct AttentionCase {
  int64_t seq, size;
  bool by_head, unit_norm;
  int64_t clip, second, key;  // 0: not there
  int64_t first_query, end;
};

CausalAttentionInput InputOf(const AttentionCase& c) {
  CausalAttentionInput input;
  input.heads = 2;
  input.by_head = c.by_head;
  input.unit_norm = c.unit_norm;
  input.first_query = c.first_query;
  input.qkv = Leaf({3, c.seq, 3 * input.heads * c.size});
  input.scale = (at::rand({input.heads}) + 0.5).set_requires_grad(true);
  input.row_scale = at::arange(2, c.seq + 2, at::kFloat).log();
  if (c.clip == 0) return input;
  input.ids = {at::randint(0, 12, {3, c.seq}, at::kLong), at::Tensor(), {c.clip, c.second, 0, c.key}};
  if (c.second > 0) input.ids.second = at::randint(0, 7, {3, c.seq}, at::kLong);
  if (c.key > 0) input.ids.recurrence = at::randint(0, 6, {3}, at::kLong);
  input.table = Leaf({input.heads, input.ids.columns()});
  return input;
}

class CudaShortAttentionTest : public ::testing::TestWithParam<AttentionCase> {};

TEST_P(CudaShortAttentionTest, EqualsPlainVersionForwardAndGradient) {
  at::manual_seed(1);
  const AttentionCase c = GetParam();
  const CausalAttentionInput input = InputOf(c);
  const int64_t queries = c.end - c.first_query, hidden = input.heads * c.size;
  const at::Tensor grad_out = at::randn({3, queries, hidden}), out = at::empty({3, queries, hidden});
  const at::Tensor qkv = at::full(input.qkv.sizes(), NAN), scale = at::empty({3, input.heads});
  const at::Tensor table = at::empty({3, input.heads, input.ids.columns()});
  ShortAttentionArrays x;
  x.batch = 3, x.seq = c.seq, x.heads = input.heads, x.size = c.size, x.begin = c.first_query, x.end = c.end;
  x.by_head = c.by_head, x.unit_norm = c.unit_norm;
  x.qkv = In(input.qkv), x.scale = In(input.scale), x.row_scale = In(input.row_scale);
  if (input.table.defined()) {
    x.table = In(input.table), x.clips = input.ids.clips, x.ids_stride = c.seq, x.recurrence_stride = 1;
    x.first = input.ids.first.const_data_ptr<int64_t>();
    if (c.second > 0) x.second = input.ids.second.const_data_ptr<int64_t>();
    if (c.key > 0) x.recurrence = input.ids.recurrence.const_data_ptr<int64_t>();
  }
  x.out = Out(out), x.grad_out = In(grad_out), x.grad_qkv = Out(qkv), x.of_scale = Out(scale), x.of_table = Out(table);
  for (const bool backward : {false, true}) {
    std::vector<float> memory(ShortAttentionFloats(x, backward, /*threads=*/1, /*groups=*/1), NAN);
    const ShortAttentionMemory layout(x, memory.data(), backward);
    EXPECT_EQ(layout.end - memory.data(),
              static_cast<int64_t>(memory.size()) - (backward ? ShortAttentionSums(x, 1, 1) : 0));
    for (int64_t b = 0; b < 3; ++b) {
      for (int64_t h = 0; h < input.heads; ++h) {
        ShortAttention<float, Alone> attention(x, b, h, Alone(), layout);
        backward ? attention.Backward() : attention.Forward();
      }
    }
  }
  const at::Tensor expected = CausalAttentionPlain(input).narrow(1, 0, queries);
  (expected * grad_out).sum().backward();
  ExpectClose(out, expected, "out");
  ExpectClose(qkv, input.qkv.grad(), "qkv");
  if (c.unit_norm) ExpectClose(scale.sum(0), input.scale.grad(), "scale");
  if (input.table.defined()) ExpectClose(table.sum(0), input.table.grad(), "table");
}

INSTANTIATE_TEST_SUITE_P(Shapes, CudaShortAttentionTest,
                         ::testing::Values(AttentionCase{21, 12, false, true, 3, 0, 0, 0, 21},
                                           AttentionCase{21, 12, true, true, 3, 0, 0, 5, 19},
                                           AttentionCase{13, 40, false, false, 0, 0, 0, 4, 13},
                                           AttentionCase{30, 64, false, true, 2, 1, 2, 8, 30},
                                           AttentionCase{9, 5, true, false, 1, 0, 0, 0, 7}));

TokenStates SomeStates(double deviation, bool unit) {
  return {1234567890123, {5, ~uint64_t{0}}, 2, 5, 40, deviation, unit};
}

TokenStatesArrays ArraysOf(const TokenStates& states, const at::Tensor& out) {
  TokenStatesArrays x;
  x.seed = states.seed;
  x.stream = static_cast<uint32_t>(RandomStream::kInitialState);
  x.samples = reinterpret_cast<const int64_t*>(states.samples.data());
  x.rows = states.states(), x.begin = states.begin, x.positions = states.end - states.begin, x.width = states.width;
  x.deviation = states.deviation, x.unit = states.unit, x.out = Out(out);
  return x;
}

TEST(CudaTokenStatesTest, EqualTheCpus) {
  for (const TokenStates& states : {SomeStates(1, false), SomeStates(0.02, false), SomeStates(1, true)}) {
    const at::Tensor expected = at::empty({states.states(), states.width}), out = at::empty_like(expected);
    DrawTokenStates(states, /*threads=*/1, Out(expected));
    const TokenStatesArrays x = ArraysOf(states, out);
    for (int64_t row = 0; row < x.rows; ++row) TokenStatesRow(x, row, 0, 1, [](double sum) { return sum; });
    EXPECT_LE((out - expected).abs().max().item<double>(), 1e-6);
  }
}

TEST(CudaTokenStatesTest, LanesTogetherCoverTheState) {
  const TokenStates states = SomeStates(1, true);
  const at::Tensor out = at::zeros({states.states(), states.width});
  const TokenStatesArrays x = ArraysOf(states, out);
  ExpectLanesTogetherDoAsOne(
      out, [&](int lane, int lanes, const auto& reduce) { TokenStatesRow(x, 4, lane, lanes, reduce); });
}

}  // namespace
}  // namespace tally
