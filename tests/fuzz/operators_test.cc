// Each fast operator against its plain version, forward and gradient, on shapes, terms and numbers that are drawn:
// ordinary ones, large ones, and rows that are tiny, denormal or 0. TALLY_FUZZ_ROUNDS=N draws N times in place of 40.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/kernels/attention/causal_attention.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/norm/add_layer_norm.h"
#include "lib/kernels/relative_bias/relative_bias.h"
#include "tests/fuzz/rounds.h"

namespace tally {
namespace {

// What the error of a fast operator may be: times what is unavoidable, a part of the largest entry, and this.
constexpr double kTimes = 50, kRelative = 1e-5, kLeast = 1e-4, kOfLarge = 0.05;

// Choices of one round; the tensors' numbers are LibTorch's, of the same seed.
class Draw {
 public:
  explicit Draw(int64_t round) : round_(round), random_(static_cast<uint64_t>(round), RandomStream::kTest, 0) {
    at::manual_seed(static_cast<uint64_t>(round));
    numbers_ = Below(3);
  }

  int64_t Below(int64_t count) { return static_cast<int64_t>(random_.Below(static_cast<uint64_t>(count))); }
  int64_t Within(int64_t least, int64_t most) { return least + Below(most - least + 1); }
  bool Flag() { return Below(2) == 1; }

  int64_t round() const { return round_; }
  bool large() const { return numbers_ == 1; }

  // [..., width] of this round's kind of numbers.
  at::Tensor Numbers(std::vector<int64_t> shape) {
    const at::Tensor numbers = at::randn(shape);
    if (numbers_ == 0) return numbers;
    if (numbers_ == 1) return numbers * 3;
    shape.back() = 1;
    const at::Tensor factors = at::tensor({1.f, 1.f, 1.f, 1e-6f, 1e-20f, 1e-40f, 0.f});
    return numbers * factors.index_select(0, at::randint(0, factors.numel(), shape, at::kLong).flatten()).view(shape);
  }

 private:
  int64_t round_;
  Random random_;
  int64_t numbers_;  // ordinary, large, or with rows of tiny ones
};

using Operator = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

// The outputs, and the gradients of a weighted sum of those that are finite.
std::vector<at::Tensor> OutputsAndGradients(const std::vector<at::Tensor>& inputs, const Operator& run,
                                            at::ScalarType type, int64_t seed) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(input.detach().to(type, false, true).set_requires_grad(true));
  std::vector<at::Tensor> all = run(leaves);
  at::manual_seed(static_cast<uint64_t>(seed));
  at::Tensor loss = at::zeros({}, type);
  for (at::Tensor& out : all) {
    out = at::where(at::isfinite(out), out, -1e3);
    loss = loss + (out * at::randn(out.sizes())).sum();
  }
  loss.backward();
  for (const at::Tensor& leaf : leaves) all.push_back(leaf.grad());
  return all;
}

// The largest difference; infinity where one is no number.
double Distance(const at::Tensor& a, const at::Tensor& b) {
  const double distance = (a.to(at::kDouble) - b).abs().max().item<double>();
  return std::isnan(distance) ? HUGE_VAL : distance;
}

// The inputs, each number changed by some units of its last place.
std::vector<at::Tensor> Nudged(const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> nudged;
  for (const at::Tensor& input : inputs) nudged.push_back(input * (1 + 1e-6 * at::randn(input.sizes())));
  return nudged;
}

// In no output or gradient is the fast operator much farther from the plain one in double precision than the plain one
// in float is, or the plain one for inputs that differ in their last place.
void ExpectEqual(const std::string& what, const std::vector<at::Tensor>& inputs, const Operator& fast,
                 const Operator& plain, const Draw& draw) {
  const int64_t round = draw.round();
  const std::vector<at::Tensor> found = OutputsAndGradients(inputs, fast, at::kFloat, round);
  const std::vector<at::Tensor> rounded = OutputsAndGradients(inputs, plain, at::kFloat, round);
  const std::vector<at::Tensor> nudged = OutputsAndGradients(Nudged(inputs), plain, at::kDouble, round);
  const std::vector<at::Tensor> exact = OutputsAndGradients(inputs, plain, at::kDouble, round);
  for (size_t i = 0; i < exact.size(); ++i) {
    const double largest = exact[i].abs().max().item<double>();
    const double unavoidable = std::max(Distance(rounded[i], exact[i]), Distance(nudged[i], exact[i]));
    // Gradients are sums whose terms cancel; logits of hundreds leave them few digits.
    const bool few_digits = draw.large() && i >= exact.size() - inputs.size();
    const double rest = few_digits ? kOfLarge * (largest + 1) : kRelative * largest + kLeast;
    EXPECT_LE(Distance(found[i], exact[i]), kTimes * unavoidable + rest)
        << what << ", round " << round << ", tensor " << i << ", where largest is " << largest;
  }
}

// Ids and clips of `samples` rows; no clip may be 0 in all.
RelativeIds DrawIds(Draw* draw, int64_t samples, int64_t seq) {
  RelativeIds ids;
  ids.clips = {draw->Within(1, 9), draw->Below(3), draw->Below(3), draw->Below(3), false};
  ids.clips.count_second = ids.clips.second > 0 && draw->Flag();
  ids.first = at::randint(0, draw->Within(1, 40), {samples, seq}, at::kLong);
  if (ids.clips.second > 0) ids.second = at::randint(0, 7, {samples, seq}, at::kLong);
  if (ids.clips.ReadRecurrence()) ids.recurrence = at::randint(0, 9, {samples}, at::kLong);
  return ids;
}

// What attention reads beside `qkv`, scale and term, which are put in by WithLeaves: a table, a bias, or neither.
struct AttentionCase {
  CausalAttentionInput input;
  int64_t batch, seq, size;
  bool has_table = false, has_bias = false;
  std::vector<at::Tensor> leaves;  // scale, and table or bias

  int64_t hidden() const { return input.heads * size; }
  CausalAttentionInput WithLeaves(const at::Tensor* leaf) const {
    CausalAttentionInput all = input;
    all.scale = leaf[0];
    if (has_table) all.table = leaf[1];
    if (has_bias) all.bias = leaf[1];
    return all;
  }
};

AttentionCase DrawAttention(Draw* draw) {
  AttentionCase c;
  // Of a line of one token the plain version's gradient is exactly 0, the fast one's a difference of equal numbers.
  c.batch = draw->Within(1, 9), c.seq = draw->Within(2, 70), c.size = draw->Within(1, 33);
  c.input.heads = draw->Within(1, 5);
  c.input.by_head = draw->Flag();
  c.input.unit_norm = draw->Flag();
  c.input.first_query = draw->Flag() ? draw->Below(c.seq) : 0;
  c.input.row_scale = at::arange(2, c.seq + 2, at::kFloat).log();
  c.leaves = {at::rand({c.input.heads}) + 0.5};
  const int64_t term = draw->Below(3), samples = draw->Flag() ? 1 : c.batch;
  c.has_table = term == 1, c.has_bias = term == 2;
  if (c.has_table) {
    c.input.ids = DrawIds(draw, samples, c.seq);
    c.leaves.push_back(at::randn({c.input.heads, c.input.ids.columns()}));
  } else if (c.has_bias) {
    c.leaves.push_back(at::randn({samples, draw->Flag() ? 1 : c.input.heads, c.seq, c.seq}));
  }
  return c;
}

class OperatorsTest : public ::testing::Test {
 protected:
  // Calls `test` with the draws of each round.
  static void EachRound(const std::function<void(Draw*)>& test) {
    const int64_t rounds = fuzz::RoundsOr(40);
    for (int64_t round = 0; round < rounds; ++round) {
      Draw draw(round);
      test(&draw);
    }
  }
};

TEST_F(OperatorsTest, CausalAttention) {
  EachRound([](Draw* draw) {
    const AttentionCase c = DrawAttention(draw);
    std::vector<at::Tensor> inputs = {draw->Numbers({c.batch, c.seq, 3 * c.input.heads, c.size}).flatten(2)};
    inputs.insert(inputs.end(), c.leaves.begin(), c.leaves.end());
    const auto run = [&c](at::Tensor (*attention)(const CausalAttentionInput&)) {
      return [&c, attention](const std::vector<at::Tensor>& leaves) {
        CausalAttentionInput input = c.WithLeaves(&leaves[1]);
        input.qkv = leaves[0];
        return std::vector<at::Tensor>{attention(input)};
      };
    };
    ExpectEqual("attention", inputs, run(CausalAttention), run(CausalAttentionPlain), *draw);
  });
}

TEST_F(OperatorsTest, SelfAttention) {
  EachRound([](Draw* draw) {
    const AttentionCase c = DrawAttention(draw);
    const double deviation = 1 / std::sqrt(c.hidden());
    std::vector<at::Tensor> inputs = {draw->Numbers({c.batch, c.seq, c.hidden()}),
                                      at::randn({3 * c.hidden(), c.hidden()}) * deviation,
                                      at::randn({draw->Within(1, 40), c.hidden()}) * deviation};
    inputs.insert(inputs.end(), c.leaves.begin(), c.leaves.end());
    const auto run = [&c](at::Tensor (*attention)(const SelfAttentionInput&)) {
      return [&c, attention](const std::vector<at::Tensor>& leaves) {
        return std::vector<at::Tensor>{attention({leaves[0], leaves[1], leaves[2], c.WithLeaves(&leaves[3]), {}})};
      };
    };
    ExpectEqual("self-attention", inputs, run(SelfAttention), run(SelfAttentionPlain), *draw);
  });
}

TEST_F(OperatorsTest, FeedForward) {
  EachRound([](Draw* draw) {
    const int64_t rows = draw->Within(1, 300), hidden = draw->Within(1, 70), width = draw->Within(1, 140);
    const std::vector<at::Tensor> inputs = {draw->Numbers({rows, hidden}),
                                            at::randn({2 * width, hidden}) / std::sqrt(hidden),
                                            at::randn({draw->Within(1, 70), width}) / std::sqrt(width)};
    const auto run = [](at::Tensor (*layer)(const at::Tensor&, const at::Tensor&, const at::Tensor&)) {
      return [layer](const std::vector<at::Tensor>& leaves) {
        return std::vector<at::Tensor>{layer(leaves[0], leaves[1], leaves[2])};
      };
    };
    ExpectEqual("feed-forward", inputs, run([](const at::Tensor& x, const at::Tensor& in, const at::Tensor& out) {
                  return GegluFeedForward(x, in, out);
                }),
                run(GegluFeedForwardPlain), *draw);
  });
}

TEST_F(OperatorsTest, AddLayerNorm) {
  EachRound([](Draw* draw) {
    const int64_t width = draw->Within(2, 200);
    const std::vector<int64_t> shape = {draw->Within(1, 9), draw->Within(1, 90), width};
    const std::vector<at::Tensor> inputs = {draw->Numbers(shape), draw->Numbers(shape), at::randn({width}),
                                            at::randn({width})};
    const auto both = [](const SumAndNorm& result) { return std::vector<at::Tensor>{result.sum, result.norm}; };
    ExpectEqual(
        "sum and norm", inputs,
        [&](const std::vector<at::Tensor>& x) { return both(AddLayerNorm(x[0], x[1], x[2], x[3], 1e-5)); },
        [&](const std::vector<at::Tensor>& x) { return both(AddLayerNormPlain(x[0], x[1], x[2], x[3], 1e-5)); }, *draw);
  });
}

TEST_F(OperatorsTest, RelativeBias) {
  EachRound([](Draw* draw) {
    const int64_t seq = draw->Within(1, 60), end = draw->Within(1, seq), begin = draw->Below(end);
    const RelativeIds ids = DrawIds(draw, draw->Within(1, 5), seq);
    const at::Tensor row_scale = at::arange(2, seq + 2, at::kFloat).log();
    const auto run = [&](auto* bias) {
      return [&, bias](const std::vector<at::Tensor>& leaves) {
        return std::vector<at::Tensor>{bias(ids, leaves[0], row_scale, begin, end)};
      };
    };
    ExpectEqual("relative bias", {draw->Numbers({draw->Within(1, 5), ids.columns()})}, run(RelativeBias),
                run(RelativeBiasPlain), *draw);
  });
}

}  // namespace
}  // namespace tally
