#include "lib/kernels/rotary/turn.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <torch/csrc/autograd/custom_function.h>

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// How heads lie in a row of qkv.
struct Packing {
  int64_t heads;
  bool by_head;

  // Where queries (role 0) or keys (1) of a head begin, in heads.
  int64_t Of(int64_t role, int64_t head) const { return by_head ? head * 3 + role : role * heads + head; }
};

// Turns the halves of one head by a token's cosines and sines.
void TurnHead(const float* cosines, const float* sines, int64_t half, float* __restrict first,
              float* __restrict second) {
  for (int64_t j = 0; j < half; ++j) {
    const float a = first[j], b = second[j];
    first[j] = a * cosines[j] - b * sines[j];
    second[j] = b * cosines[j] + a * sines[j];
  }
}

// Turns queries and keys of qkv [batch, seq, 3 hidden], contiguous, where they are.
void TurnInPlace(const at::Tensor& qkv, const at::Tensor& cosines, const at::Tensor& sines, const Packing& packing) {
  const int64_t seq = qkv.size(1), half = cosines.size(1), row = qkv.size(2);
  const float* const all_cosines = cosines.const_data_ptr<float>();
  const float* const all_sines = sines.const_data_ptr<float>();
  float* const numbers = qkv.data_ptr<float>();
  for (int64_t t = 0; t < qkv.size(0) * seq; ++t) {
    const int64_t angles = t % seq * half;
    for (int64_t n = 0; n < 2 * packing.heads; ++n) {
      float* const head = numbers + t * row + packing.Of(n % 2, n / 2) * 2 * half;
      TurnHead(all_cosines + angles, all_sines + angles, half, head, head + half);
    }
  }
}

struct TurnFunction : torch::autograd::Function<TurnFunction> {
  static Variable forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& cosines,
                          const at::Tensor& sines, int64_t heads, bool by_head) {
    context->save_for_backward({cosines, sines});
    context->saved_data["heads"] = heads;
    context->saved_data["by_head"] = by_head;
    TurnInPlace(qkv, cosines, sines, {heads, by_head});
    context->mark_dirty({qkv});
    return qkv;
  }

  // A turn's transpose is the turn back.
  static tensor_list backward(AutogradContext* context, tensor_list grads) {
    const tensor_list angles = context->get_saved_variables();
    const at::Tensor grad = grads[0].clone(at::MemoryFormat::Contiguous);
    TurnInPlace(grad, angles[0], -angles[1],
                {context->saved_data["heads"].toInt(), context->saved_data["by_head"].toBool()});
    return {grad, Variable(), Variable(), Variable(), Variable()};
  }
};

}  // namespace

at::Tensor Turned(const at::Tensor& x, const at::Tensor& angles) {
  const int64_t half = x.size(-1) / 2;
  const at::Tensor cosines = angles.cos(), sines = angles.sin();
  const at::Tensor first = x.narrow(-1, 0, half), second = x.narrow(-1, half, half);
  return at::cat({first * cosines - second * sines, second * cosines + first * sines}, -1);
}

at::Tensor TurnQueriesAndKeys(const at::Tensor& qkv, const at::Tensor& angles, int64_t heads, bool by_head) {
  if (qkv.is_cpu() && qkv.scalar_type() == at::kFloat && qkv.is_contiguous()) {
    return TurnFunction::apply(qkv, angles.cos().contiguous(), angles.sin().contiguous(), heads, by_head);
  }
  const int64_t size = qkv.size(2) / 3 / heads, axis = by_head ? 3 : 2;
  const at::Tensor parts = by_head ? qkv.unflatten(2, {heads, 3, size}) : qkv.unflatten(2, {3, heads, size});
  const auto turned = [&](int64_t role) {  // [batch, seq, heads, size]
    return Turned(parts.select(axis, role).transpose(1, 2), angles).transpose(1, 2).to(qkv.scalar_type());
  };
  return at::stack({turned(0), turned(1), parts.select(axis, 2)}, axis).flatten(2);
}

}  // namespace tally
