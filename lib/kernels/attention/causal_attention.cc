#include "lib/kernels/attention/causal_attention.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "absl/functional/function_ref.h"
#include "lib/base/thread_pool.h"
#include "lib/kernels/attention/attention_input.h"
#include "lib/kernels/floats.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

AttentionLayout LayoutOf(const CausalAttentionInput& input) {
  return LayoutOf(input, input.qkv.size(0), input.qkv.size(1), input.qkv.size(2) / 3);
}

// The keys and values of all tokens, [batch * heads]: those of input.cache, which gets qkv's.
const AttentionKeys* AppendKeys(const AttentionLayout& layout, const AttentionTerms& terms,
                                const CausalAttentionInput& input) {
  const int64_t heads = layout.batch * layout.heads;
  input.cache->resize(heads);
  AttentionKeys* const keys = input.cache->data();
  at::parallel_for(0, heads, 1, [&](int64_t first, int64_t last) {
    AttentionAppendKeys(layout, terms, Data(input.qkv), first, last, keys);
  });
  return keys;
}

// Of the innermost AttentionThreads; 1: none.
int& ThreadsOfThisThread() {
  thread_local int count = 1;
  return count;
}

// Calls work() in `count` threads, those of AttentionThreads, if there are, else LibTorch's.
void InThreads(int64_t count, absl::FunctionRef<void()> work) {
  if (ThreadsOfThisThread() > 1) {
    RunConcurrently(static_cast<int>(count), [&](int) { work(); });
  } else {
    at::parallel_for(0, count, 1, [&](int64_t, int64_t) { work(); });
  }
}

struct Outputs {
  at::Tensor out;          // [batch, queries, hidden]
  at::Tensor log_sum_exp;  // [batch, heads, seq], or undefined
};

Outputs Forward(const CausalAttentionInput& input, bool wants_log_sum_exp) {
  const AttentionLayout layout = LayoutOf(input);
  const AttentionTerms terms = TermsOf(input);
  const auto options = input.qkv.options().requires_grad(false);
  const Outputs outputs = {
      at::empty({layout.batch, layout.queries(), layout.heads * layout.size}, options),
      wants_log_sum_exp ? at::empty({layout.batch, layout.heads, layout.seq}, options) : at::Tensor()};
  float* const log_sum_exp = wants_log_sum_exp ? outputs.log_sum_exp.data_ptr<float>() : nullptr;
  if (input.cache == nullptr && LanesFit(layout)) {
    at::parallel_for(0, AttentionGroups(layout), 1, [&](int64_t first, int64_t last) {
      AttentionLanesForward(layout, terms, Data(input.qkv), first, last, outputs.out.data_ptr<float>(), log_sum_exp);
    });
    return outputs;
  }
  const AttentionKeys* const keys = input.cache == nullptr ? nullptr : AppendKeys(layout, terms, input);
  std::atomic<int64_t> next = 0;
  const int64_t threads = std::max(ThreadsOfThisThread(), at::get_num_threads());
  InThreads(std::min(threads, AttentionParts(layout)), [&] {
    AttentionForward(layout, terms, Data(input.qkv), keys, &next, outputs.out.data_ptr<float>(), log_sum_exp);
  });
  return outputs;
}

// Gradients of qkv, scale, table and bias.
tensor_list Backward(const CausalAttentionInput& input, const Outputs& outputs, const at::Tensor& grad_out,
                     bool wants_bias) {
  const AttentionLayout layout = LayoutOf(input);
  const AttentionTerms terms = TermsOf(input);
  const auto options = input.qkv.options().requires_grad(false);
  const at::Tensor qkv = at::empty_like(input.qkv, options);
  const at::Tensor scale = at::empty({layout.batch, layout.heads}, options);
  const at::Tensor table = at::empty({layout.batch, layout.heads, terms.columns()}, options);
  const at::Tensor bias =
      wants_bias ? at::zeros({layout.batch, layout.heads, layout.seq, layout.seq}, options) : at::Tensor();
  const AttentionGradients gradients = {qkv.data_ptr<float>(), scale.data_ptr<float>(),
                                        input.table.defined() ? table.data_ptr<float>() : nullptr,
                                        wants_bias ? bias.data_ptr<float>() : nullptr};
  at::parallel_for(0, AttentionGroups(layout), 1, [&](int64_t first, int64_t last) {
    AttentionBackward(layout, terms, Data(input.qkv), Data(outputs.out), Data(outputs.log_sum_exp), Data(grad_out),
                      first, last, gradients);
  });
  return {qkv, scale.sum(0), input.table.defined() ? table.sum(0) : at::Tensor(),
          wants_bias ? SumToShape(bias, input.bias) : at::Tensor()};
}

struct CausalAttentionFunction : torch::autograd::Function<CausalAttentionFunction> {
  // The first four are those of `input`, which autograd would not find there; empty ones for terms that are absent.
  static Variable forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& /*scale*/,
                          const at::Tensor& /*table*/, const at::Tensor& /*bias*/, const CausalAttentionInput& input) {
    const Outputs outputs = Forward(input, /*wants_log_sum_exp=*/true);
    Save(input, {qkv, outputs.out, outputs.log_sum_exp}, context);
    return outputs.out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const auto& [terms, others] = Restore(*context);
    CausalAttentionInput input = terms;
    input.qkv = others[0];
    const bool wants_bias = input.bias.defined() && input.bias.requires_grad();
    tensor_list gradients = Backward(input, {others[1], others[2]}, grads[0].contiguous(), wants_bias);
    gradients.emplace_back();  // of `input`
    return gradients;
  }
};

}  // namespace

AttentionThreads::AttentionThreads(int count) : before_(ThreadsOfThisThread()) { ThreadsOfThisThread() = count; }

AttentionThreads::~AttentionThreads() { ThreadsOfThisThread() = before_; }

at::Tensor CausalAttention(const CausalAttentionInput& input) {
  const CausalAttentionInput dense = Contiguous(input);
  if (!at::GradMode::is_enabled()) return Forward(dense, /*wants_log_sum_exp=*/false).out;
  return CausalAttentionFunction::apply(dense.qkv, dense.scale, OrEmpty(dense.table), OrEmpty(dense.bias), dense);
}

at::Tensor CausalAttentionPlain(const CausalAttentionInput& input) {
  const AttentionLayout layout = LayoutOf(input);
  const at::Tensor qkv =
      input.by_head ? input.qkv.view({layout.batch, layout.seq, layout.heads, 3, layout.size}).permute({3, 0, 2, 1, 4})
                    : input.qkv.view({layout.batch, layout.seq, 3, layout.heads, layout.size}).permute({2, 0, 3, 1, 4});
  const auto unit = [&](const at::Tensor& x) {
    return input.unit_norm ? x / ((x * x).sum(-1, /*keepdim=*/true) + 1e-12).sqrt() : x;
  };
  const at::Tensor products = at::matmul(unit(qkv.select(0, 0)), unit(qkv.select(0, 1)).transpose(-1, -2));
  at::Tensor logits = products * input.scale.view({-1, 1, 1}) * input.row_scale.view({-1, 1});
  const at::Tensor causal = at::ones({layout.seq, layout.seq}, input.qkv.options().dtype(at::kBool)).tril();
  if (input.table.defined())
    logits = logits + RelativeBiasPlain(input.ids, input.table, input.row_scale, 0, layout.seq);
  if (input.bias.defined()) logits = logits + input.bias;
  logits = at::where(causal, logits, -std::numeric_limits<float>::infinity());
  const at::Tensor out = at::matmul(at::softmax(logits, -1), qkv.select(0, 2));
  return out.narrow(2, layout.first_query, layout.queries()).transpose(1, 2).flatten(2);
}

}  // namespace tally
