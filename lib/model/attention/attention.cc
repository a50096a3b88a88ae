#include "lib/model/attention/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

#include "lib/kernels/attention/device_attention.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/kernels/gemm/bfloat16_scope.h"
#include "lib/kernels/rotary/turn.h"
#include "lib/model/attention/forward_record.h"

namespace tally {
namespace {

// Without gradient, queries go through attention in chunks, which leaves out most keys after their queries: pairs of a
// query and a key a chunk, and queries at least and at most.
constexpr int64_t kChunkPairs = int64_t{1} << 21;
constexpr int64_t kLeastQueries = 16;
constexpr int64_t kMostQueries = 64;

int64_t ChunkSize(int64_t keys) { return std::clamp(kChunkPairs / keys, kLeastQueries, kMostQueries); }

// What x [..., d] is multiplied by to have length 1 over the last axis, [..., 1].
at::Tensor UnitFactor(const at::Tensor& x) { return (x * x).sum(-1, /*keepdim=*/true).add(1e-12).rsqrt(); }

// softmax(q k^T + bias) v. q [B, n, Q, d]; k, v [B, n, K, d]; bias broadcasts to [B, n, Q, K] -> [B, n, Q, d].
at::Tensor SoftmaxAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias) {
  const int64_t batch = q.size(0), heads = q.size(1), queries = q.size(2), size = q.size(3), keys = k.size(2);
  // One mask for all heads stays one; biases of heads are laid out for the batched product.
  const at::Tensor flat_bias = bias.dim() == 2
                                   ? bias.unsqueeze(0)
                                   : bias.expand({batch, heads, queries, keys}).reshape({batch * heads, queries, keys});
  const at::Tensor logits = at::baddbmm(flat_bias, q.reshape({batch * heads, queries, size}),
                                        k.reshape({batch * heads, keys, size}).transpose(1, 2));
  const at::Tensor weights = at::softmax(logits, -1);
  if (ForwardRecord* const record = CurrentRecord(); record != nullptr) {
    record->attention.push_back(weights.view({batch, heads, queries, keys}));
  }
  return at::bmm(weights, v.reshape({batch * heads, keys, size})).view({batch, heads, queries, size});
}

// The same without gradient, block by block in the processor's caches; [B, n, Q, d] as a view of [B, Q, n, d].
at::Tensor FusedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias) {
  const at::Tensor mask = bias.dim() == 2 ? bias.view({1, 1, bias.size(0), bias.size(1)}) : bias;
  return std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, /*dropout_p=*/0, /*is_causal=*/false,
                                                                     mask, /*scale=*/1.0));
}

// [B, n, Q, d] -> [B, Q, H].
at::Tensor SideBySide(const at::Tensor& heads) { return heads.transpose(1, 2).flatten(2); }

}  // namespace

Attention::Attention(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                     Parameters* parameters)
    : hidden_(config.hidden_size()),
      heads_(config.attention().heads()),
      unit_norm_(config.attention().unit_norm() && config.attention().content()),
      by_head_(config.attention().packing() == AttentionConfig::BY_HEAD),
      scheme_(AttentionOf(config)),
      in_(name, config, initialiser, parameters) {
  const LinearShape out = {.inputs = hidden_,
                           .outputs = hidden_,
                           .bias = config.attention().output_bias(),
                           .rank = config.matrix_rank(),
                           .role = ParameterRole::kHiddenMatrix};
  out_.emplace(name + ".out", out, std::vector<Init>{initialiser.AttentionOutput()}, Init::Constant(0), parameters);
  if (config.attention().sub_normalization()) sub_norm_.emplace(name + ".norm", hidden_, config, parameters);
  biases_ = MakeLogitBiases(name, config, initialiser, parameters);
  if (unit_norm_) {
    log_temperature_ = parameters->Add(name + ".log_temperature", ParameterRole::kScalar, {heads_},
                                       Init::Constant(config.attention().initial_log_temperature()));
  }
}

Attention::Range Attention::RangeOf(const at::Tensor& x, const Selection* selection) {
  return selection == nullptr ? Range{0, x.size(1)} : Range{selection->begin, selection->end};
}

// All terms and the causal mask, for queries begin, ..., end - 1 and keys up to them.
at::Tensor Attention::TermsOf(const AttentionContext& context, int64_t begin, int64_t end) const {
  if (biases_.empty()) return CausalMask(begin, end, out_->device());
  at::Tensor sum = biases_[0]->Bias(context, begin, end);
  for (size_t i = 1; i < biases_.size(); ++i) sum = sum + biases_[i]->Bias(context, begin, end);
  return sum;
}

at::Tensor Attention::Bias(const AttentionContext& context) const {
  return TermsOf(context, context.begin, context.row_scale.size(0));
}

// What the operators read beside queries, keys and values; queries begin with x's token `first`.
CausalAttentionInput Attention::OperatorInput(const AttentionCall& call, int64_t first) const {
  CausalAttentionInput input;
  input.heads = heads_;
  input.by_head = by_head_;
  input.unit_norm = unit_norm_;
  input.first_query = call.context.begin + first;
  const int64_t size = hidden_ / heads_;
  const double inverse_root = 1 / std::sqrt(static_cast<double>(size));
  input.scale = unit_norm_ ? log_temperature_.exp()
                           : at::full({heads_}, inverse_root, at::TensorOptions(at::kFloat).device(out_->device()));
  input.row_scale = call.context.row_scale;
  if (call.bias.defined()) {
    input.bias = call.bias.dim() == 2 ? call.bias.unsqueeze(0).unsqueeze(0) : call.bias;
  } else if (!biases_.empty()) {
    const LogitBias::Lookup lookup = biases_[0]->LookupOf(call.context);
    input.table = lookup.table;
    input.ids = lookup.ids;
  }
  return input;
}

at::Tensor Attention::BySelfAttention(const at::Tensor& x, const AttentionCall& call) const {
  SelfAttentionInput input;
  input.x = x;
  input.in_weight = in_.weight();
  input.out_weight = out_->weight();
  input.bfloat16 = InBfloat16Scope();
  input.attention = OperatorInput(call, RangeOf(x, call.selection).first);
  if (call.selection != nullptr) input.rows = call.selection->tokens;
  return SelfAttention(input);
}

// The angles of the last `tokens` tokens, [tokens, size / 2].
at::Tensor Attention::AnglesOf(const AttentionContext& context, int64_t tokens) const {
  return scheme_.angles(context.positions.narrow(0, context.begin, tokens), hidden_ / heads_);
}

// Queries, keys and values of x [B, S, H], [B, S, 3 H], turned where positions turn them.
at::Tensor Attention::TurnedProjection(const at::Tensor& x, const AttentionContext& context) const {
  const at::Tensor qkv = ApplyLinear(x, in_.weight(), in_.bias());
  return scheme_.angles == nullptr ? qkv : TurnQueriesAndKeys(qkv, AnglesOf(context, x.size(1)), heads_, by_head_);
}

at::Tensor Attention::ByCausalAttention(const at::Tensor& x, const AttentionCall& call) const {
  const Range range = RangeOf(x, call.selection);
  CausalAttentionInput input = OperatorInput(call, range.first);
  input.qkv = TurnedProjection(x, call.context);
  if (call.cache != nullptr) input.cache = call.cache->HeadsOf(call.number);
  const at::Tensor attended = CausalAttention(input);  // of all tokens from the first on
  // Where nothing is cut off a view would still cost a copy backward.
  return range.last < x.size(1) ? attended.narrow(1, 0, range.last - range.first) : attended;
}

at::Tensor Attention::ByDeviceAttention(const at::Tensor& x, const AttentionCall& call) const {
  const Range range = RangeOf(x, call.selection);
  CausalAttentionInput input = OperatorInput(call, range.first);
  input.qkv = TurnedProjection(x, call.context);
  return DeviceAttention(input, range.last);
}

// x [B, S, H] by the matrices of `count` roles from `role` on (queries, keys, values): [count, B, n, S, d].
at::Tensor Attention::Projected(const at::Tensor& x, int64_t role, int64_t count) const {
  const int64_t batch = x.size(0), tokens = x.size(1), size = x.size(2) / heads_;
  const auto rows_of = [&](const at::Tensor& packed) {  // [3 H, ...]
    if (count == 3 || !packed.defined()) return packed;
    const at::Tensor parts = by_head_ ? packed.unflatten(0, {heads_, 3, size}) : packed.unflatten(0, {3, heads_, size});
    return parts.narrow(by_head_ ? 1 : 0, role, count).flatten(0, 2);
  };
  const at::Tensor rows = ApplyLinear(x, rows_of(in_.weight()), rows_of(in_.bias()));
  return by_head_ ? rows.view({batch, tokens, heads_, count, size}).permute({3, 0, 2, 1, 4})
                  : rows.view({batch, tokens, count, heads_, size}).permute({2, 0, 3, 1, 4});
}

// Queries of the range and keys and values of all tokens, turned and scaled, so that logits are their products and the
// terms.
Attention::Heads Attention::Project(const at::Tensor& x, const AttentionContext& context, Range range) const {
  const int64_t tokens = x.size(1), first = range.first, queries = range.last - first, size = x.size(2) / heads_;
  Heads heads;
  if (queries == tokens) {
    const at::Tensor all = Projected(x, 0, 3);
    heads = {all.select(0, 0), all.select(0, 1), all.select(0, 2)};
  } else {
    const at::Tensor others = Projected(x, 1, 2);
    heads = {Projected(x.narrow(1, first, queries), 0, 1).select(0, 0), others.select(0, 0), others.select(0, 1)};
  }
  if (scheme_.angles != nullptr) {
    const at::Tensor angles = AnglesOf(context, tokens);
    heads.queries = Turned(heads.queries, angles.narrow(0, first, queries));
    heads.keys = Turned(heads.keys, angles);
  }
  at::Tensor scale = context.row_scale.narrow(0, context.begin + first, queries).view({1, queries, 1});
  if (unit_norm_) {
    heads.keys = heads.keys * UnitFactor(heads.keys);
    scale = UnitFactor(heads.queries) * (scale * log_temperature_.exp().view({heads_, 1, 1}));
  } else {
    scale = scale * (1 / std::sqrt(static_cast<double>(size)));
  }
  heads.queries = heads.queries * scale;
  return heads;
}

at::Tensor Attention::ByWholeMatrix(const at::Tensor& x, const AttentionCall& call) const {
  const auto [first, last] = RangeOf(x, call.selection);
  const Heads heads = Project(x, call.context, {first, last});
  return SideBySide(SoftmaxAttention(heads.queries, heads.keys.narrow(2, 0, last), heads.values.narrow(2, 0, last),
                                     call.bias.narrow(-2, first, last - first).narrow(-1, 0, last)));
}

at::Tensor Attention::ByChunks(const at::Tensor& x, const AttentionCall& call) const {
  const Range range = RangeOf(x, call.selection);
  Heads heads = Project(x, call.context, range);
  if (call.cache != nullptr)
    std::tie(heads.keys, heads.values) = call.cache->Append(call.number, heads.keys, heads.values);
  const int64_t begin = call.context.begin + range.first, end = call.context.begin + range.last;
  const auto attend = call.plan.route == AttentionPlan::kFusedChunks ? FusedAttention : SoftmaxAttention;
  std::vector<at::Tensor> chunks;
  for (int64_t from = begin, to; from < end; from = to) {
    to = std::min(from + ChunkSize(end), end);
    const at::Tensor terms = call.bias.defined()
                                 ? call.bias.narrow(-2, from - call.context.begin, to - from).narrow(-1, 0, to)
                                 : TermsOf(call.context, from, to);
    chunks.push_back(attend(heads.queries.narrow(2, from - begin, to - from), heads.keys.narrow(2, 0, to),
                            heads.values.narrow(2, 0, to), terms));
  }
  return SideBySide(chunks.size() == 1 ? chunks[0] : at::cat(chunks, 2));
}

// The selected ones of a range's tokens, attended [B, tokens, H], through what follows attention.
at::Tensor Attention::Output(const at::Tensor& attended, const Selection* selection) const {
  const at::Tensor chosen = selection == nullptr ? attended : selection->FromRange(attended);
  return (*out_)(sub_norm_ ? (*sub_norm_)(chosen) : chosen);
}

at::Tensor Attention::Forward(const at::Tensor& x, const AttentionCall& call) const {
  switch (call.plan.route) {
    case AttentionPlan::kSelfAttention:
      return BySelfAttention(x, call);
    case AttentionPlan::kCausalAttention:
      return Output(ByCausalAttention(x, call), call.selection);
    case AttentionPlan::kDeviceAttention:
      return Output(ByDeviceAttention(x, call), call.selection);
    case AttentionPlan::kWhole:
      return Output(ByWholeMatrix(x, call), call.selection);
    case AttentionPlan::kChunks:
    case AttentionPlan::kFusedChunks:
      return Output(ByChunks(x, call), call.selection);
  }
  return x;
}

}  // namespace tally
