#include "lib/model/attention/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

#include "lib/kernels/attention/causal_attention.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/model/positions/rotary.h"
#include "lib/model/precision.h"

namespace tally {
namespace {

// Without gradient, queries go through attention in chunks, which leaves out most keys after their queries: pairs of a
// query and a key a chunk, and queries at least and at most.
constexpr int64_t kChunkPairs = int64_t{1} << 21;
constexpr int64_t kLeastQueries = 16;
constexpr int64_t kMostQueries = 64;

// Sequences of so many tokens at most go through CausalAttention with gradient, whose backward pass reads keys and
// values anew for every block of queries, or with a bias made whole; without either, sequences of any length do.
constexpr int64_t kShort = 1024;

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
  return at::bmm(at::softmax(logits, -1), v.reshape({batch * heads, keys, size})).view({batch, heads, queries, size});
}

// The same without gradient, block by block in the processor's caches; [B, n, Q, d] as a view of [B, Q, n, d].
at::Tensor FusedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias) {
  const at::Tensor mask = bias.dim() == 2 ? bias.view({1, 1, bias.size(0), bias.size(1)}) : bias;
  return std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, /*dropout_p=*/0, /*is_causal=*/false,
                                                                     mask, /*scale=*/1.0));
}

}  // namespace

Attention::Attention(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                     Parameters* parameters)
    : heads_(config.attention().heads()),
      unit_norm_(config.attention().unit_norm()),
      by_head_(config.attention().packing() == AttentionConfig::BY_HEAD),
      rotary_(config.attention().position() == AttentionConfig::ROPE) {
  const int64_t hidden = config.hidden_size();
  // The reference wraps PyTorch's attention, whose rows are packed by role, in a module more than its own.
  const std::string inner = by_head_ ? name : name + ".attn";
  in_weight_ = parameters->Add(inner + ".in_proj_weight", {3 * hidden, hidden}, initialiser.AttentionInput());
  if (config.attention().input_bias()) {
    in_bias_ = parameters->Add(inner + ".in_proj_bias", {3 * hidden}, Init::Constant(0));
  }
  const at::Tensor out = parameters->Add(inner + ".out_proj.weight", {hidden, hidden}, initialiser.AttentionOutput());
  out_.emplace(out, config.attention().output_bias()
                        ? parameters->Add(inner + ".out_proj.bias", {hidden}, Init::Constant(0))
                        : at::Tensor());
  if (config.attention().sub_normalization()) sub_norm_.emplace(name + ".norm", hidden, config, parameters);
  biases_ = MakeLogitBiases(name, config, initialiser, parameters);
  if (unit_norm_) {
    log_temperature_ = parameters->Add(name + ".log_temperature", {heads_},
                                       Init::Constant(config.attention().initial_log_temperature()));
  }
}

at::Tensor Attention::BiasOf(const AttentionContext& context, int64_t begin, int64_t end) const {
  if (biases_.empty()) return CausalMask(begin, end, in_weight_.device());
  at::Tensor sum = biases_[0]->Of(context, begin, end);
  for (size_t i = 1; i < biases_.size(); ++i) sum = sum + biases_[i]->Of(context, begin, end);
  return sum;
}

bool Attention::HasOperator() const { return !rotary_ && in_weight_.is_cpu(); }

bool Attention::IsShort(const AttentionContext& context) const {
  return HasOperator() && context.row_scale.size(0) <= kShort;
}

bool Attention::NeedsNoBias(const AttentionContext& context) const {
  const bool fits = IsShort(context) || (HasOperator() && !at::GradMode::is_enabled());
  return fits && (biases_.empty() || (biases_.size() == 1 && biases_[0]->HasLookup()));
}

at::Tensor Attention::Bias(const AttentionContext& context) const {
  if (NeedsNoBias(context)) return at::Tensor();
  return BiasOf(context, context.begin, context.row_scale.size(0));
}

// What the operators read beside queries, keys and values.
CausalAttentionInput Attention::OperatorInput(const AttentionContext& context, const at::Tensor& bias,
                                              int64_t first) const {
  CausalAttentionInput input;
  input.heads = heads_;
  input.by_head = by_head_;
  input.unit_norm = unit_norm_;
  input.first_query = context.begin + first;
  const double inverse_root = 1 / std::sqrt(static_cast<double>(in_weight_.size(1) / heads_));
  input.scale = unit_norm_ ? log_temperature_.exp() : at::full({heads_}, inverse_root, at::kFloat);
  input.row_scale = context.row_scale;
  if (bias.defined()) {
    input.bias = bias.dim() == 2 ? bias.unsqueeze(0).unsqueeze(0) : bias;
  } else if (!biases_.empty()) {
    const LogitBias::Lookup lookup = biases_[0]->LookupOf(context);
    input.table = lookup.table;
    input.ids = lookup.ids;
  }
  return input;
}

// Attention of x's tokens from `first` on in one operator: [B, queries, H].
at::Tensor Attention::InOne(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias, int64_t first,
                            KeyValueCache* cache, int64_t call) const {
  CausalAttentionInput input = OperatorInput(context, bias, first);
  input.qkv = at::linear(x, in_weight_, in_bias_).to(at::kFloat);  // of bfloat16 under autocast
  if (cache != nullptr) input.cache = cache->HeadsOf(call);
  return CausalAttention(input);
}

// All of Forward in one operator, projections included: its outcome, or undefined where that does not serve.
at::Tensor Attention::WithProjections(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias,
                                      const Selection* selection) const {
  const bool plain = !in_bias_.defined() && !out_->bias().defined() && !sub_norm_;
  if (!plain || x.scalar_type() != at::kFloat || InReducedPrecisionOnCpu()) return at::Tensor();
  if (!TakesSelfAttention(x.size(0), x.size(1), heads_)) return at::Tensor();
  SelfAttentionInput input;
  input.x = x;
  input.in_weight = in_weight_;
  input.out_weight = out_->weight();
  input.attention = OperatorInput(context, bias, selection == nullptr ? 0 : selection->begin);
  if (selection != nullptr) input.rows = selection->rows;
  return SelfAttention(input);
}

// x [B, S, H] by the matrices of `count` roles from `role` on (queries, keys, values): [count, B, n, S, d].
at::Tensor Attention::Projected(const at::Tensor& x, int64_t role, int64_t count) const {
  const int64_t batch = x.size(0), tokens = x.size(1), size = x.size(2) / heads_;
  const auto rows_of = [&](const at::Tensor& packed) {  // [3 H, ...]
    if (count == 3 || !packed.defined()) return packed;
    const at::Tensor parts = by_head_ ? packed.unflatten(0, {heads_, 3, size}) : packed.unflatten(0, {3, heads_, size});
    return parts.narrow(by_head_ ? 1 : 0, role, count).flatten(0, 2);
  };
  const at::Tensor rows = at::linear(x, rows_of(in_weight_), rows_of(in_bias_));
  return by_head_ ? rows.view({batch, tokens, heads_, count, size}).permute({3, 0, 2, 1, 4})
                  : rows.view({batch, tokens, count, heads_, size}).permute({2, 0, 3, 1, 4});
}

Attention::Heads Attention::Project(const at::Tensor& x, const AttentionContext& context, int64_t first,
                                    int64_t last) const {
  const int64_t tokens = x.size(1), queries = last - first, size = x.size(2) / heads_;
  Heads heads;
  if (queries == tokens) {
    const at::Tensor all = Projected(x, 0, 3);
    heads = {all.select(0, 0), all.select(0, 1), all.select(0, 2)};
  } else {
    const at::Tensor others = Projected(x, 1, 2);
    heads = {Projected(x.narrow(1, first, queries), 0, 1).select(0, 0), others.select(0, 0), others.select(0, 1)};
  }
  if (rotary_) {
    const at::Tensor positions = context.positions.narrow(0, context.begin, tokens);
    heads.queries = Rotate(heads.queries, positions.narrow(0, first, queries));
    heads.keys = Rotate(heads.keys, positions);
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

// Attention of queries that begin with token context.begin + first; without gradient.
at::Tensor Attention::InChunks(const Heads& heads, const AttentionContext& context, const at::Tensor& bias,
                               int64_t first) const {
  const int64_t begin = context.begin + first, end = begin + heads.queries.size(2);
  const bool fused = heads.queries.is_cpu() && !InReducedPrecisionOnCpu();
  std::vector<at::Tensor> chunks;
  for (int64_t from = begin, to; from < end; from = to) {
    to = std::min(from + ChunkSize(end), end);
    const at::Tensor of_chunk =
        bias.defined() ? bias.narrow(-2, from - context.begin, to - from).narrow(-1, 0, to) : BiasOf(context, from, to);
    const auto attend = fused ? FusedAttention : SoftmaxAttention;
    chunks.push_back(attend(heads.queries.narrow(2, from - begin, to - from), heads.keys.narrow(2, 0, to),
                            heads.values.narrow(2, 0, to), of_chunk));
  }
  return chunks.size() == 1 ? chunks[0] : at::cat(chunks, 2);
}

// Attention of x's tokens first, ..., last - 1, projected, scaled and weighed one after the other: [B, queries, H].
at::Tensor Attention::InParts(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias,
                              int64_t first, int64_t last, KeyValueCache* cache, int64_t call) const {
  Heads heads = Project(x, context, first, last);
  if (cache != nullptr) std::tie(heads.keys, heads.values) = cache->Append(call, heads.keys, heads.values);
  at::Tensor out;  // [B, n, Q, d]
  if (at::GradMode::is_enabled()) {
    out = SoftmaxAttention(heads.queries, heads.keys.narrow(2, 0, last), heads.values.narrow(2, 0, last),
                           bias.narrow(-2, first, last - first).narrow(-1, 0, last));
  } else {
    out = InChunks(heads, context, bias, first);
  }
  return out.transpose(1, 2).reshape({x.size(0), last - first, x.size(2)});
}

at::Tensor Attention::Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias,
                              const Selection* selection, KeyValueCache* cache, int64_t call) const {
  const int64_t first = selection == nullptr ? 0 : selection->begin;
  const int64_t last = selection == nullptr ? x.size(1) : selection->end;
  const bool in_one = NeedsNoBias(context) || (cache == nullptr && IsShort(context) && bias.defined());
  if (in_one && cache == nullptr) {
    const at::Tensor whole = WithProjections(x, context, bias, selection);
    if (whole.defined()) return whole;
  }
  at::Tensor out =
      in_one ? InOne(x, context, bias, first, cache, call) : InParts(x, context, bias, first, last, cache, call);
  // Where nothing is cut off a view would still cost a copy backward.
  if (in_one && last < x.size(1)) out = out.narrow(1, 0, last - first);
  if (selection != nullptr) out = selection->OfRange(out);
  return (*out_)(sub_norm_ ? (*sub_norm_)(out) : out);
}

}  // namespace tally
