// What the kernels compute, on the CPU: threads, rows and parts in turn.
#include "lib/kernels/cuda/cuda_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/kernels/arrays_for_test.h"
#include "lib/kernels/cuda/short_attention_for_test.h"
#include "lib/kernels/feed_forward/geglu_loops_for_test.h"
#include "lib/kernels/norm/add_layer_norm_loops_for_test.h"
#include "lib/kernels/normal_draw/normal_draw.h"
#include "lib/kernels/relative_bias/relative_bias_loops_for_test.h"

namespace tally {
namespace {

// Number by number, and, where the width allows it, several at a time.
TEST(CudaGegluTest, EqualsPlainLoopsForwardAndGradient) {
  for (const int64_t width : {1, 13, 12}) {
    const int64_t rows = 37;
    const std::vector<float> in = NormalArray(1, rows * 2 * width), grad_out = NormalArray(2, rows * width);
    std::vector<float> out = UnwrittenArray(rows * width), grad_in = UnwrittenArray(in.size());
    const GegluArrays arrays = {in.data(), grad_out.data(), rows, width, out.data(), grad_in.data()};
    const bool packs = width % kGegluNumbers == 0;
    for (int64_t i = 0; i < rows * width / (packs ? kGegluNumbers : 1); ++i) {
      packs ? GegluForwardPackAt<float>(arrays, i) : GegluForwardAt<float>(arrays, i);
      packs ? GegluBackwardPackAt<float>(arrays, i) : GegluBackwardAt<float>(arrays, i);
    }
    const GegluLoops expected(in, grad_out, width);
    ExpectClose(out, expected.out, "out");
    ExpectClose(grad_in, expected.grad_in, "gradient");
  }
}

// Where the kernels for layer norms write.
struct NormOutputs {
  NormOutputs(const AddLayerNormNumbers& x, int64_t parts)
      : sum(UnwrittenArray(x.a.size())),
        norm(sum),
        moments(UnwrittenArray(2 * x.rows)),
        grad_x(sum),
        of_parts(UnwrittenArray(parts * 2 * x.width)) {}

  AddLayerNormArrays Arrays(const AddLayerNormNumbers& x, int64_t part_rows) {
    AddLayerNormArrays arrays;
    arrays.rows = x.rows, arrays.width = x.width, arrays.weight = x.weight.data();
    arrays.a = x.a.data(), arrays.b = x.b.data(), arrays.bias = x.bias.data(), arrays.epsilon = x.kEpsilon;
    arrays.sum = sum.data(), arrays.moments = moments.data(), arrays.norm = norm.data();
    arrays.grad_norm = x.grad_norm.data(), arrays.grad_sum = x.grad_sum.data(), arrays.grad_x = grad_x.data();
    arrays.of_parts = of_parts.data(), arrays.part_rows = part_rows;
    return arrays;
  }

  std::vector<float> sum, norm, moments, grad_x, of_parts;
};

TEST(CudaAddLayerNormTest, EqualsPlainLoopsForwardAndGradient) {
  const AddLayerNormNumbers numbers(37, 50, 1);
  const int64_t parts = 3;
  NormOutputs found(numbers, parts);
  const AddLayerNormArrays x = found.Arrays(numbers, /*part_rows=*/16);
  const auto alone = [](float partial) { return partial; };
  for (int64_t row = 0; row < x.rows; ++row) AddLayerNormRowForward<float, float>(x, row, 0, 1, alone);
  for (int64_t row = 0; row < x.rows; ++row) AddLayerNormRowBackward<float, float>(x, row, 0, 1, alone);
  std::vector<float> weight(x.width), bias(x.width);
  for (int64_t part = 0; part < parts; ++part) {
    for (int64_t c = 0; c < x.width; ++c) {
      AddLayerNormPartBackward<float>(x, part, c);
      weight[c] += found.of_parts[2 * part * x.width + c];
      bias[c] += found.of_parts[(2 * part + 1) * x.width + c];
    }
  }
  const AddLayerNormLoops expected(numbers, /*with_sum=*/true);
  ExpectClose(found.sum, expected.sum, "sum");
  ExpectClose(found.norm, expected.norm, "norm");
  ExpectClose(found.grad_x, expected.grad_x, "gradient of the terms");
  ExpectClose(weight, expected.grad_weight, "gradient of weight");
  ExpectClose(bias, expected.grad_bias, "gradient of bias");
}

// Calls row(lane, lanes, reduce) for one lane, then for four that share the row, each of which gets from `reduce` what
// the one got. Their parts must add up to that, and `out` must be the same.
void ExpectLanesTogetherDoAsOne(std::vector<float>& out,
                                const std::function<void(int, int, const std::function<float(float)>&)>& row) {
  constexpr int kLanes = 4;
  std::vector<float> totals, sums;
  row(0, 1, [&](float partial) {
    totals.push_back(partial);
    return partial;
  });
  const std::vector<float> expected = out;
  sums.resize(totals.size());
  std::fill(out.begin(), out.end(), 0.0f);
  for (int lane = 0; lane < kLanes; ++lane) {
    size_t call = 0;
    row(lane, kLanes, [&](float partial) {
      sums[call] += partial;
      return totals[call++];
    });
  }
  EXPECT_EQ(out, expected);
  for (size_t call = 0; call < totals.size(); ++call) EXPECT_NEAR(sums[call], totals[call], 1e-5) << call;
}

TEST(CudaAddLayerNormTest, LanesTogetherCoverTheRow) {
  const AddLayerNormNumbers numbers(1, 10, 1);
  NormOutputs found(numbers, 1);
  AddLayerNormArrays x = found.Arrays(numbers, 1);
  x.grad_sum = nullptr;
  ExpectLanesTogetherDoAsOne(found.norm, [&](int lane, int lanes, const auto& reduce) {
    AddLayerNormRowForward<float, float>(x, 0, lane, lanes, reduce);
  });
  ExpectLanesTogetherDoAsOne(found.grad_x, [&](int lane, int lanes, const auto& reduce) {
    AddLayerNormRowBackward<float, float>(x, 0, lane, lanes, reduce);
  });
  ExpectClose(found.grad_x, AddLayerNormLoops(numbers, /*with_sum=*/false).grad_x, "gradient");
}

TEST(CudaRelativeBiasTest, EqualsPlainLoopsForwardAndGradient) {
  constexpr int kThreads = 5;
  ExpectRelativeBias([](const RelativeBiasArrays& x) {
    for (int64_t n = 0; n < x.batch * x.heads * x.rows() * x.end; ++n) RelativeBiasAt(x, n);
    for (int64_t head = 0; head < x.batch * x.heads; ++head) {
      const int64_t b = head / x.heads, h = head % x.heads;
      std::vector<float> sums(x.columns() * kThreads);
      for (int t = 0; t < kThreads; ++t) AddRelativeBiasGradients(x, b, h, t, kThreads, sums.data());
      for (int64_t c = 0; c < x.columns(); ++c) FinishRelativeBiasGradient(x, b, h, c, kThreads, sums.data());
    }
  });
}

class CudaShortAttentionTest : public ::testing::TestWithParam<ShortCase> {};

TEST_P(CudaShortAttentionTest, EqualsPlainLoopsForwardAndGradient) {
  ShortProblem problem(GetParam());
  ShortOutputs<float> found(problem);
  const ShortAttentionArrays x = found.Arrays(problem);
  for (const bool backward : {false, true}) {
    std::vector<float> memory = UnwrittenArray(ShortAttentionFloats(x, backward, /*threads=*/1, /*groups=*/1));
    const ShortAttentionMemory shared(x, memory.data(), backward);
    EXPECT_EQ(shared.end - memory.data(),
              static_cast<int64_t>(memory.size()) - (backward ? ShortAttentionSums(x, 1, 1) : 0));
    for (int64_t head = 0; head < x.batch * x.heads; ++head) {
      ShortAttention<float, Alone> one(x, head / x.heads, head % x.heads, Alone(), shared);
      backward ? one.Backward() : one.Forward();
    }
  }
  found.ExpectAreOf(problem, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Shapes, CudaShortAttentionTest, ::testing::ValuesIn(ShortCases()));

// States of 3 positions of each of two samples; their bits are unsigned, beyond what a signed number holds.
TokenStates SomeStates(double deviation, bool unit) {
  return {1234567890123, {5, ~uint64_t{0}}, 2, 5, 40, deviation, unit};
}

TokenStatesArrays ArraysOf(const TokenStates& states, std::vector<float>& out) {
  TokenStatesArrays x;
  x.seed = states.seed;
  x.stream = static_cast<uint32_t>(RandomStream::kInitialState);
  x.samples = reinterpret_cast<const int64_t*>(states.samples.data());
  x.rows = states.states(), x.begin = states.begin, x.positions = states.end - states.begin, x.width = states.width;
  x.deviation = states.deviation, x.unit = states.unit, x.out = out.data();
  return x;
}

TEST(CudaTokenStatesTest, EqualTheCpus) {
  for (const TokenStates& states : {SomeStates(1, false), SomeStates(0.02, false), SomeStates(1, true)}) {
    std::vector<float> expected = UnwrittenArray(states.states() * states.width), out = expected;
    DrawTokenStates(states, /*threads=*/1, expected.data());
    const TokenStatesArrays x = ArraysOf(states, out);
    for (int64_t row = 0; row < x.rows; ++row) TokenStatesRow(x, row, 0, 1, [](double sum) { return sum; });
    for (size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-6);
  }
}

TEST(CudaTokenStatesTest, LanesTogetherCoverTheState) {
  const TokenStates states = SomeStates(1, true);
  std::vector<float> out(states.states() * states.width);
  const TokenStatesArrays x = ArraysOf(states, out);
  ExpectLanesTogetherDoAsOne(
      out, [&](int lane, int lanes, const auto& reduce) { TokenStatesRow(x, 4, lane, lanes, reduce); });
}

}  // namespace
}  // namespace tally
