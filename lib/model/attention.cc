#include "lib/model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

#include "lib/model/rotary.h"

namespace tally {
namespace {

// Without gradient, queries go through attention in chunks: pairs of a query and a key a chunk, and queries at least.
constexpr int64_t kChunkPairs = int64_t{1} << 21;
constexpr int64_t kChunkQueries = 16;

int64_t ChunkSize(int64_t keys) { return std::clamp<int64_t>(kChunkPairs / keys, kChunkQueries, 256); }

// x [..., d] divided by its length over the last axis.
at::Tensor UnitNorm(const at::Tensor& x) { return x * (x * x).sum(-1, /*keepdim=*/true).add(1e-12).rsqrt(); }

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
  if (biases_.empty()) return CausalMask(begin, end);
  at::Tensor sum = biases_[0]->Of(context, begin, end);
  for (size_t i = 1; i < biases_.size(); ++i) sum = sum + biases_[i]->Of(context, begin, end);
  return sum;
}

at::Tensor Attention::Bias(const AttentionContext& context) const {
  return BiasOf(context, 0, context.row_scale.size(0));
}

Attention::Heads Attention::Project(const at::Tensor& x, const AttentionContext& context) const {
  const int64_t batch = x.size(0), queries = x.size(1), size = x.size(2) / heads_;
  const at::Tensor rows = at::linear(x, in_weight_, in_bias_);
  const at::Tensor qkv = by_head_ ? rows.view({batch, queries, heads_, 3, size}).permute({3, 0, 2, 1, 4})
                                  : rows.view({batch, queries, 3, heads_, size}).permute({2, 0, 3, 1, 4});
  Heads heads = {qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2)};
  if (rotary_) {
    const at::Tensor positions = context.positions.narrow(0, context.begin, queries);
    heads.queries = Rotate(heads.queries, positions);
    heads.keys = Rotate(heads.keys, positions);
  }
  at::Tensor scale = context.row_scale.narrow(0, context.begin, queries).view({1, queries, 1});
  if (unit_norm_) {
    heads.queries = UnitNorm(heads.queries);
    heads.keys = UnitNorm(heads.keys);
    scale = scale * log_temperature_.exp().view({heads_, 1, 1});
  } else {
    scale = scale * (1 / std::sqrt(static_cast<double>(size)));
  }
  heads.queries = heads.queries * scale;
  return heads;
}

at::Tensor Attention::Forward(const at::Tensor& x, const AttentionContext& context, const at::Tensor& bias,
                              KeyValueCache* cache, int64_t call) const {
  Heads heads = Project(x, context);
  if (cache != nullptr) std::tie(heads.keys, heads.values) = cache->Append(call, heads.keys, heads.values);
  const int64_t seq = heads.keys.size(2);
  at::Tensor out;  // [B, n, Q, d]
  if (bias.defined()) {
    out = SoftmaxAttention(heads.queries, heads.keys, heads.values, bias);
  } else {
    std::vector<at::Tensor> chunks;
    for (int64_t begin = context.begin, end; begin < seq; begin = end) {
      end = std::min(begin + ChunkSize(seq), seq);
      chunks.push_back(SoftmaxAttention(heads.queries.narrow(2, begin - context.begin, end - begin),
                                        heads.keys.narrow(2, 0, end), heads.values.narrow(2, 0, end),
                                        BiasOf(context, begin, end)));
    }
    out = at::cat(chunks, 2);
  }
  out = out.transpose(1, 2).reshape(x.sizes());
  return (*out_)(sub_norm_ ? (*sub_norm_)(out) : out);
}

}  // namespace tally
