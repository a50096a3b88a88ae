#include "lib/model/recurrent.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "absl/strings/str_cat.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/model/positions/batch_ids.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/positions/registry.h"

namespace tally {
namespace {

// The factor on the logits of each query, [seq].
at::Tensor RowScale(const AttentionConfig& attention, int64_t seq) {
  if (!attention.log_position()) return at::ones({seq}, at::kFloat);
  return 4 * (at::arange(2, seq + 2, at::kFloat).log() / 4).pow(attention.log_power());
}

AttentionContext OnDevice(AttentionContext context, at::Device device) {
  for (at::Tensor* tensor : {&context.ids, &context.second_ids, &context.row_scale, &context.positions}) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
  return context;
}

// Whether positions differ from one attention call to the next.
bool PositionsDiffer(const ModelInput& input) {
  return input.attention_positions.defined() && input.attention_positions.dim() == 2;
}

}  // namespace

Recurrent::Recurrent(const ModelConfig& config, Parameters* parameters)
    : config_(config), initialiser_(config), embedding_(config, initialiser_, parameters) {
  if (config.separate_blocks()) {
    for (int i = 0; i < config.layers(); ++i) {
      blocks_.emplace_back(absl::StrCat("blocks.", i), 1, config, initialiser_, parameters);
    }
  } else {
    blocks_.emplace_back("block", config.layers(), config, initialiser_, parameters);
  }
  head_ = std::make_unique<Head>(config, initialiser_, parameters);
}

TableContext Recurrent::TableContextOf(const ModelInput& input) {
  return {input.table_offsets, input.table_positions, input.cache == nullptr ? 0 : input.cache->length()};
}

std::vector<at::Tensor> Recurrent::States(const ModelInput& input, std::vector<int64_t> after) const {
  const at::Tensor embedding = embedding_(input.ids, TableContextOf(input));
  const at::Device device = embedding.device();
  const at::Tensor counts = Counts(input);
  if (after.empty()) after = {counts.defined() ? counts.max().item<int64_t>() : RecurrencesOf(input)};
  Selection selection;
  if (input.rows.defined()) selection = Select(input.rows, embedding.size(1)).To(device);
  Recurrences recurrences = {
      input, embedding, counts.defined() ? counts.to(device) : counts, OnDevice(Context(input), device), selection,
      after, {}};
  at::Tensor state = InitialState(input, embedding);
  if (input.untracked > 0) {
    const at::NoGradGuard no_grad;
    state = Run(state, 0, input.untracked, &recurrences);
  }
  Run(state, input.untracked, after.back(), &recurrences);
  if (input.cache != nullptr) input.cache->Advance(embedding.size(1));
  return recurrences.states;
}

at::Tensor Recurrent::InitialState(const ModelInput& input, const at::Tensor& embedding) const {
  if (input.initial_state.defined()) {
    const int64_t tokens = embedding.size(1);
    return input.initial_state.narrow(1, input.initial_state.size(1) - tokens, tokens).to(embedding.device());
  }
  return config_.initial_state() == ModelConfig::EMBEDDING ? embedding : at::zeros_like(embedding);
}

int64_t Recurrent::RecurrencesOf(const ModelInput& input) const {
  return input.recurrences > 0 ? input.recurrences : config_.recurrences();
}

// Recurrences for each sequence, [batch, 1, 1]; undefined where all have the same.
at::Tensor Recurrent::Counts(const ModelInput& input) const {
  if (config_.recurrences_per_digit() == 0) return at::Tensor();
  const at::Tensor ids = input.ids.contiguous();
  const at::Tensor counts = at::empty({ids.size(0), 1, 1}, at::kLong);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    const int64_t digits = LongestOperand(ids.const_data_ptr<int64_t>() + b * ids.size(1), ids.size(1));
    counts.data_ptr<int64_t>()[b] =
        RecurrencesOf(input) + static_cast<int64_t>(config_.recurrences_per_digit() * static_cast<double>(digits));
  }
  return counts;
}

AttentionContext Recurrent::Context(const ModelInput& input) const {
  AttentionContext context;
  const AttentionConfig& attention = config_.attention();
  const int64_t seq = input.ids.size(1);
  if (attention.relative_clip() > 0) SetRelativeIds(attention.ids(), input.ids, &context);
  context.row_scale = RowScale(attention, seq);
  if (input.logit_factor != 1) context.row_scale = context.row_scale * input.logit_factor;
  context.far_bias = input.far_bias;
  context.positions = Positions(input, /*call=*/0);
  context.begin = input.cache == nullptr ? 0 : input.cache->length();
  return context;
}

// Positions of attention call number `call`, [seq] float32; undefined where attention asks for none.
at::Tensor Recurrent::Positions(const ModelInput& input, int64_t call) const {
  if (!AttentionOf(config_).ReadsPositions()) return at::Tensor();
  const at::Tensor& given = input.attention_positions;
  if (!given.defined()) return at::arange(input.ids.size(1), at::kFloat);
  return (given.dim() == 1 ? given : given[call % given.size(0)]).to(at::kFloat);
}

// The biases of all layers in the recurrence whose first attention call is `first_call`.
std::vector<at::Tensor> Recurrent::Biases(const AttentionContext& context, const ModelInput& input,
                                          int64_t first_call) const {
  std::vector<at::Tensor> biases;
  for (const Block& block : blocks_) {
    for (const Layer& layer : block.layers()) {
      AttentionContext of_call = context;
      of_call.positions = Positions(input, first_call + static_cast<int64_t>(biases.size()));
      if (of_call.positions.defined()) of_call.positions = of_call.positions.to(context.row_scale.device());
      biases.push_back(layer.attention().Bias(of_call));
    }
  }
  return biases;
}

// How attention is computed in recurrences that record gradient as this thread does now.
AttentionPlan Recurrent::Plan(const Recurrences& recurrences) const {
  const at::Tensor& embedding = recurrences.embedding;
  const AttentionContext& context = recurrences.context;
  AttentionSituation situation = SituationOf(config_);
  situation.tokens = context.row_scale.size(0);
  situation.queries = situation.tokens - context.begin;
  situation.bias_sequences = context.ids.defined() ? context.ids.size(0) : 1;
  situation.many_short_sequences = SelfAttentionIsFaster(embedding.size(0), embedding.size(1), situation.heads);
  situation.has_cache = recurrences.input.cache != nullptr;
  situation.positions_differ = PositionsDiffer(recurrences.input);
  situation.gradient = at::GradMode::is_enabled();
  situation.on_cpu = embedding.is_cpu();
  situation.float32 = embedding.scalar_type() == at::kFloat;
  situation.reduced_precision = InReducedPrecisionOnCpu();
  return PlanAttention(situation);
}

// Recurrences first, ..., last - 1 from `state`. Those of recurrences->states are kept there; returns the last.
at::Tensor Recurrent::Run(at::Tensor state, int64_t first, int64_t last, Recurrences* recurrences) const {
  const ModelInput& input = recurrences->input;
  const bool select = input.rows.defined();
  RecurrenceContext context = {recurrences->context, Plan(*recurrences), std::vector<at::Tensor>(config_.layers()),
                               input.cache};
  if (context.plan.terms == AttentionPlan::kShared) context.biases = Biases(context.attention, input, 0);
  for (int64_t i = first; i < last; ++i) {
    context.layer = 0;
    context.first_call = i * config_.layers();
    if (context.plan.terms == AttentionPlan::kEachRecurrence) {
      context.biases = Biases(context.attention, input, context.first_call);
    }
    const bool final = select && i + 1 == recurrences->after.back();
    context.selection = final ? &recurrences->selection : nullptr;
    at::Tensor next = state;
    for (const Block& block : blocks_) next = block.Forward(next, recurrences->embedding, &context);
    state = Finished(state, next, i, final, *recurrences);
    if (recurrences->after[recurrences->states.size()] != i + 1) continue;
    recurrences->states.push_back(select && !final ? recurrences->selection.From(state) : state);
  }
  return state;
}

// The state after recurrence i, which leads from `state` to `next`, of selected tokens where it is `final`: sequences
// that have had their recurrences stay as they are.
at::Tensor Recurrent::Finished(const at::Tensor& state, const at::Tensor& next, int64_t i, bool final,
                               const Recurrences& recurrences) const {
  if (!recurrences.counts.defined()) return next;
  if (!final) return at::where(recurrences.counts.gt(i), next, state);
  const at::Tensor counts = recurrences.counts.flatten().index_select(0, recurrences.selection.sequences).unsqueeze(1);
  return at::where(counts.gt(i), next, recurrences.selection.From(state));
}

}  // namespace tally
