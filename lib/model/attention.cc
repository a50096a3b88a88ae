#include "lib/model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/kernels/relative_bias.h"

namespace tally {
namespace {

// Queries a chunk when no gradient is needed.
constexpr int64_t kChunk = 256;

// 0 for keys up to the query, -infinity after it; [Q, K].
at::Tensor CausalMask(int64_t query_begin, int64_t query_end) {
  return at::full({query_end - query_begin, query_end}, -std::numeric_limits<float>::infinity()).triu(query_begin + 1);
}

// x [..., d] divided by its length over the last axis.
at::Tensor UnitNorm(const at::Tensor& x) { return x * (x * x).sum(-1, /*keepdim=*/true).add(1e-12).rsqrt(); }

// softmax(q k^T + bias) v. q [B, n, Q, d]; k, v [B, n, K, d]; bias broadcasts to [B, n, Q, K] -> [B, n, Q, d].
at::Tensor SoftmaxAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias) {
  const int64_t batch = q.size(0), heads = q.size(1), queries = q.size(2), size = q.size(3), keys = k.size(2);
  const at::Tensor flat_bias = bias.dim() == 2 ? bias.unsqueeze(0) : bias.reshape({batch * heads, queries, keys});
  const at::Tensor logits = at::baddbmm(flat_bias, q.reshape({batch * heads, queries, size}),
                                        k.reshape({batch * heads, keys, size}).transpose(1, 2));
  return at::bmm(at::softmax(logits, -1), v.reshape({batch * heads, keys, size})).view({batch, heads, queries, size});
}

}  // namespace

Attention::Attention(const std::string& name, const ModelConfig& config, const Initialiser& initialiser,
                     Parameters* parameters)
    : heads_(config.attention().heads()), unit_norm_(config.attention().unit_norm()) {
  const int64_t hidden = config.hidden_size();
  const Init queries_keys = initialiser.AttentionInput(/*values=*/false);
  in_ = parameters->Add(name + ".attn.in_proj_weight", {3 * hidden, hidden},
                        {queries_keys, queries_keys, initialiser.AttentionInput(/*values=*/true)});
  out_ = parameters->Add(name + ".attn.out_proj.weight", {hidden, hidden}, initialiser.AttentionOutput());
  const int64_t clip = config.attention().relative_clip();
  if (clip > 0) relative_bias_ = parameters->Add(name + ".relative_bias", {heads_, 2 * clip + 1}, Init::Constant(0));
  if (unit_norm_) {
    log_temperature_ = parameters->Add(name + ".log_temperature", {heads_},
                                       Init::Constant(config.attention().initial_log_temperature()));
  }
}

at::Tensor Attention::BiasOf(const AttentionContext& context, int64_t query_begin, int64_t query_end) const {
  if (!relative_bias_.defined()) return CausalMask(query_begin, query_end);
  return RelativeBias(context.coupled_ids, relative_bias_, context.row_scale, query_begin, query_end);
}

at::Tensor Attention::Bias(const AttentionContext& context) const {
  return BiasOf(context, 0, context.row_scale.size(0));
}

at::Tensor Attention::Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias) const {
  const int64_t batch = x.size(0), seq = x.size(1), hidden = x.size(2), size = hidden / heads_;
  const at::Tensor qkv = at::linear(x, in_).view({batch, seq, 3, heads_, size}).permute({2, 0, 3, 1, 4});
  at::Tensor q = qkv.select(0, 0), k = qkv.select(0, 1);
  const at::Tensor v = qkv.select(0, 2);
  at::Tensor scale = context.row_scale.view({1, seq, 1});
  if (unit_norm_) {
    q = UnitNorm(q);
    k = UnitNorm(k);
    scale = scale * log_temperature_.exp().view({heads_, 1, 1});
  } else {
    scale = scale * (1 / std::sqrt(static_cast<double>(size)));
  }
  q = q * scale;
  at::Tensor heads_out;
  if (bias.defined()) {
    heads_out = SoftmaxAttention(q, k, v, bias);
  } else {
    std::vector<at::Tensor> chunks;
    for (int64_t begin = 0; begin < seq; begin += kChunk) {
      const int64_t end = std::min(begin + kChunk, seq);
      chunks.push_back(SoftmaxAttention(q.narrow(2, begin, end - begin), k.narrow(2, 0, end), v.narrow(2, 0, end),
                                        BiasOf(context, begin, end)));
    }
    heads_out = at::cat(chunks, 2);
  }
  return at::linear(heads_out.transpose(1, 2).reshape({batch, seq, hidden}), out_);
}

}  // namespace tally
