// Each operator of lib/kernels beside its plain version, and the matrix products around them: Google Benchmark, so that
// --benchmark_filter, --benchmark_repetitions and --benchmark_format work. One thread, and its share of a batch of the
// recipe: 24 sequences of 63 tokens. Arguments are the width (hidden size) of the model.
//
// "forward": without recording gradients. "step": forward and backward, as training runs them.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "lib/kernels/attention/causal_attention.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/kernels/feed_forward/geglu.h"
#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/kernels/norm/add_layer_norm.h"
#include "lib/optim/rules/rule_math.h"

namespace {

constexpr int64_t kSequences = 24, kTokens = 63, kHeads = 4, kClip = 3;

using Operator = std::function<at::Tensor()>;

at::Tensor Leaf(at::IntArrayRef shape) { return at::randn(shape).requires_grad_(); }

// The recipe's terms of attention, without queries, keys and values.
tally::CausalAttentionInput AttentionTerms() {
  tally::CausalAttentionInput input;
  input.heads = kHeads;
  input.unit_norm = true;
  input.scale = Leaf({kHeads});
  input.row_scale = at::arange(2, kTokens + 2, at::kFloat).log();
  // Three numbers, as a sum has.
  const at::Tensor ids = at::arange(kTokens, at::kLong).remainder(kTokens / 3);
  input.ids = {ids.expand({kSequences, kTokens}).contiguous(), at::Tensor(), kClip, 0};
  input.table = Leaf({kHeads, 2 * kClip + 1});
  return input;
}

Operator Attention(int64_t hidden, at::Tensor (*attention)(const tally::CausalAttentionInput&)) {
  tally::CausalAttentionInput input = AttentionTerms();
  input.qkv = Leaf({kSequences, kTokens, 3 * hidden});
  return [input, attention] { return attention(input); };
}

Operator ProjectedAttention(int64_t hidden, at::Tensor (*attention)(const tally::SelfAttentionInput&)) {
  tally::SelfAttentionInput input;
  input.x = Leaf({kSequences, kTokens, hidden});
  input.in_weight = Leaf({3 * hidden, hidden});
  input.out_weight = Leaf({hidden, hidden});
  input.attention = AttentionTerms();
  return [input, attention] { return attention(input); };
}

Operator FeedForward(int64_t hidden, at::Tensor (*layer)(const at::Tensor&, const at::Tensor&, const at::Tensor&)) {
  const at::Tensor x = Leaf({kSequences, kTokens, hidden});
  const at::Tensor in_weight = Leaf({4 * hidden, hidden}), out_weight = Leaf({hidden, 2 * hidden});
  return [=] { return layer(x, in_weight, out_weight); };
}

Operator Gated(int64_t hidden, at::Tensor (*geglu)(const at::Tensor&)) {
  const at::Tensor in = Leaf({kSequences, kTokens, 4 * hidden});
  return [in, geglu] { return geglu(in); };
}

Operator SumAndNorm(int64_t hidden, tally::SumAndNorm (*add)(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                                             const at::Tensor&, double)) {
  const at::Tensor a = Leaf({kSequences, kTokens, hidden}), b = Leaf({kSequences, kTokens, hidden});
  const at::Tensor weight = Leaf({hidden}), bias = Leaf({hidden});
  return [=] {
    const tally::SumAndNorm both = add(a, b, weight, bias, 1e-5);
    return both.sum + both.norm;
  };
}

// The product into queries, keys and values.
Operator Linear(int64_t hidden) {
  const at::Tensor x = Leaf({kSequences, kTokens, hidden}), weight = Leaf({3 * hidden, hidden});
  return [=] { return at::linear(x, weight); };
}

void Forward(benchmark::State& state, const Operator& run) {
  const at::NoGradGuard no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(run());
}

// Gradients add up in the leaves, which costs little beside them.
void Step(benchmark::State& state, const Operator& run) {
  const at::Tensor gradient = at::ones_like(run());
  for (auto _ : state) run().backward(gradient);
}

// A matrix's part of Muon's step: that of the feed-forward layer's first matrix.
template <bool kBfloat16>
void Muon(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  const tally::Bfloat16Scope scope(kBfloat16);
  const at::Tensor matrix = at::randn({4 * state.range(0), state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(tally::Orthogonalise(matrix));
}

void ForWidths(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t hidden : {48, 64, 128, 256}) benchmark->Arg(hidden);
  benchmark->Unit(benchmark::kMicrosecond);
}

void Register(const std::string& name, const std::function<Operator(int64_t)>& make) {
  const auto add = [&](const char* kind, void (*measure)(benchmark::State&, const Operator&)) {
    benchmark::RegisterBenchmark((name + "/" + kind).c_str(), [make, measure](benchmark::State& state) {
      measure(state, make(state.range(0)));
    })->Apply(ForWidths);
  };
  add("forward", Forward);
  add("step", Step);
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  Register("attention", [](int64_t hidden) { return Attention(hidden, tally::CausalAttention); });
  Register("attention_plain", [](int64_t hidden) { return Attention(hidden, tally::CausalAttentionPlain); });
  Register("self_attention", [](int64_t hidden) { return ProjectedAttention(hidden, tally::SelfAttention); });
  Register("self_attention_plain",
           [](int64_t hidden) { return ProjectedAttention(hidden, tally::SelfAttentionPlain); });
  Register("feed_forward", [](int64_t hidden) {
    return FeedForward(hidden, [](const at::Tensor& x, const at::Tensor& in_weight, const at::Tensor& out_weight) {
      return tally::GegluFeedForward(x, in_weight, out_weight);
    });
  });
  Register("feed_forward_plain", [](int64_t hidden) { return FeedForward(hidden, tally::GegluFeedForwardPlain); });
  Register("geglu", [](int64_t hidden) { return Gated(hidden, tally::Geglu); });
  Register("geglu_plain", [](int64_t hidden) { return Gated(hidden, tally::GegluPlain); });
  Register("add_layer_norm", [](int64_t hidden) {
    return SumAndNorm(hidden,
                      [](const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, const at::Tensor& bias,
                         double epsilon) { return tally::AddLayerNorm(a, b, weight, bias, epsilon); });
  });
  Register("add_layer_norm_plain", [](int64_t hidden) { return SumAndNorm(hidden, tally::AddLayerNormPlain); });
  Register("linear", Linear);
  benchmark::RegisterBenchmark("muon", Muon<false>)->Apply(ForWidths);
  benchmark::RegisterBenchmark("muon_bfloat16", Muon<true>)->Apply(ForWidths);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
