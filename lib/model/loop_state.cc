#include "lib/model/loop_state.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>

#include "lib/model/feed_forward.h"
#include "lib/model/validate.h"

namespace tally {

LoopState::LoopState(const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
    : kind_(config.state().handed_on()), variables_(config.state().variables()), values_(config.state().values()) {
  const int64_t hidden = config.hidden_size(), rows = variables_ * values_;
  if (kind_ == StateConfig::NORMED) norm_.emplace("state.norm", hidden, config, parameters);
  if (rows == 0) return;
  heads_ =
      parameters->Add("state.heads.weight", ParameterRole::kMatrix, {rows, hidden}, initialiser.Linear(hidden, rows));
  if (!HandsOnVariablesAlone(config)) return;
  embedding_ = parameters->Add("state.embedding", ParameterRole::kEmbedding, {rows, hidden}, initialiser.Table(hidden));
}

at::Tensor LoopState::Embed(const at::Tensor& values, at::IntArrayRef batch_and_tokens) const {
  const at::Tensor first = at::arange(variables_, embedding_.options().dtype(at::kLong).requires_grad(false)) * values_;
  if (!values.defined()) {
    return at::embedding(embedding_, first).sum(0).expand({batch_and_tokens[0], batch_and_tokens[1], -1});
  }
  return at::embedding(embedding_, values.to(embedding_.device()) + first).sum(-2);
}

at::Tensor LoopState::Logits(const at::Tensor& normed) const {
  return ApplyLinear(normed, heads_).unflatten(-1, {variables_, values_});
}

at::Tensor LoopState::HandedOn(const at::Tensor& state, const at::Tensor& normed, const at::Tensor& answer) const {
  if (kind_ == StateConfig::NORMED) return (*norm_)(state);
  if (!IsVariablesAlone()) return state;
  const at::Tensor logits = Logits(normed);
  if (kind_ == StateConfig::ARGMAX) return Embed(logits.argmax(-1) * answer, {});
  const at::Tensor mean = at::matmul(at::softmax(logits, -1).flatten(-2), embedding_);
  return at::where(answer, mean, Embed(at::Tensor(), {state.size(0), state.size(1)}));
}

}  // namespace tally
