#include "lib/model/recurrent.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/model/forward_context.h"
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

bool ReadsRecurrence(const ModelConfig& config) {
  return config.attention().shift_clip() > 0 || config.attention().key_clip() > 0;
}

// Whether positions differ from one attention call to the next.
bool PositionsDiffer(const ModelInput& input) {
  return input.attention_positions.defined() && input.attention_positions.dim() == 2;
}

}  // namespace

int64_t CountRecurrences(const ModelConfig& config, const int64_t* ids, int64_t length, int64_t base) {
  if (base == 0) base = config.recurrences();
  if (config.recurrences_per_digit() == 0) return base;
  std::vector<int64_t> operands = OperandDigits(ids, length);
  if (operands.empty()) return base;
  int64_t digits = operands.front();
  switch (config.recurrence_operand()) {
    case ModelConfig::LONGEST_OPERAND:
      digits = *std::max_element(operands.begin(), operands.end());
      break;
    case ModelConfig::SHORTEST_OPERAND:
      digits = *std::min_element(operands.begin(), operands.end());
      break;
    case ModelConfig::FIRST_OPERAND:
      break;
    case ModelConfig::SECOND_OPERAND:
      digits = operands[operands.size() > 1 ? 1 : 0];
      break;
    case ModelConfig::OPERAND_COUNT:
      digits = static_cast<int64_t>(operands.size());
      break;
  }
  return base + static_cast<int64_t>(config.recurrences_per_digit() * static_cast<double>(digits));
}

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
  loop_state_ = std::make_unique<LoopState>(config, initialiser_, parameters);
}

TableContext Recurrent::TableContextOf(const ModelInput& input) {
  return {input.table_offsets, input.table_positions, input.cache == nullptr ? 0 : input.cache->length()};
}

std::vector<at::Tensor> Recurrent::States(const ModelInput& input, std::vector<int64_t> after) const {
  const at::Tensor embedding = embedding_(input.ids, TableContextOf(input));
  const at::Device device = embedding.device();
  const at::Tensor counts = Counts(input);
  if (after.empty()) after = {MostOf(counts, input)};
  const at::Tensor answer = AnswerTokens(input);
  Selection selection;
  if (input.rows.defined()) selection = Select(input.rows, embedding.size(1)).To(device);
  Recurrences recurrences = {input,
                             embedding,
                             counts.defined() ? counts.to(device) : counts,
                             answer.defined() ? answer.to(device) : answer,
                             OnDevice(Context(input), device),
                             selection,
                             after,
                             {}};
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
  if (loop_state_->IsVariablesAlone()) {
    at::Tensor values = input.state_values;
    const int64_t tokens = embedding.size(1);
    if (values.defined()) values = values.narrow(1, values.size(1) - tokens, tokens);
    return loop_state_->Embed(values, {embedding.size(0), tokens});
  }
  return config_.initial_state() == ModelConfig::EMBEDDING ? embedding : at::zeros_like(embedding);
}

int64_t Recurrent::RecurrencesOf(const ModelInput& input) const {
  return input.recurrences > 0 ? input.recurrences : config_.recurrences();
}

int64_t Recurrent::MostRecurrences(const ModelInput& input) const { return MostOf(Counts(input), input); }

int64_t Recurrent::MostOf(const at::Tensor& counts, const ModelInput& input) const {
  return counts.defined() ? counts.max().item<int64_t>() : RecurrencesOf(input);
}

// Where answers are predicted, from `=` on, [batch, tokens, 1]; undefined for models without variables.
at::Tensor Recurrent::AnswerTokens(const ModelInput& input) const {
  constexpr int64_t kAnswer = 2;
  if (!loop_state_->IsVariablesAlone()) return at::Tensor();
  const int64_t begin = input.cache == nullptr ? 0 : input.cache->length();
  return IdsByRule(input.ids, SegmentIds).narrow(1, begin, input.ids.size(1) - begin).eq(kAnswer).unsqueeze(-1);
}

// The number of the i-th recurrence of a pass, [batch or 1]; undefined for models that do not read it.
at::Tensor Recurrent::RecurrenceNumber(const ModelInput& input, int64_t i, at::Device device) const {
  if (!ReadsRecurrence(config_)) return at::Tensor();
  const at::Tensor number = at::full({1}, i, at::kLong);
  return (input.recurrences_done.defined() ? input.recurrences_done + number : number).to(device);
}

// Recurrences for each sequence, [batch, 1, 1]; undefined where all have the same.
at::Tensor Recurrent::Counts(const ModelInput& input) const {
  if (config_.recurrences_per_digit() == 0 || input.recurrences_done.defined()) return at::Tensor();
  const at::Tensor ids = input.ids.contiguous();
  const at::Tensor counts = at::empty({ids.size(0), 1, 1}, at::kLong);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    counts.data_ptr<int64_t>()[b] =
        CountRecurrences(config_, ids.const_data_ptr<int64_t>() + b * ids.size(1), ids.size(1), RecurrencesOf(input));
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
  situation.positions_differ = PositionsDiffer(recurrences.input) || ReadsRecurrence(config_);
  situation.gradient = at::GradMode::is_enabled();
  situation.on_cpu = embedding.is_cpu();
  situation.float32 = embedding.scalar_type() == at::kFloat;
  situation.reduced_precision = InReducedPrecisionOnCpu();
  return PlanAttention(situation);
}

// Recurrences first, ..., last - 1 from `state`, that after recurrence first - 1. Those of recurrences->states are kept
// there; returns the last.
at::Tensor Recurrent::Run(at::Tensor state, int64_t first, int64_t last, Recurrences* recurrences) const {
  const ModelInput& input = recurrences->input;
  const bool select = input.rows.defined();
  RecurrenceContext context = {recurrences->context, Plan(*recurrences), std::vector<at::Tensor>(config_.layers()),
                               input.cache};
  if (context.plan.terms == AttentionPlan::kShared) context.biases = Biases(context.attention, input, 0);
  for (int64_t i = first; i < last; ++i) {
    context.layer = 0;
    context.first_call = i * config_.layers();
    context.attention.recurrence = RecurrenceNumber(input, i, state.device());
    if (context.plan.terms == AttentionPlan::kEachRecurrence) {
      context.biases = Biases(context.attention, input, context.first_call);
    }
    const bool final = select && i + 1 == recurrences->after.back();
    context.selection = final ? &recurrences->selection : nullptr;
    at::Tensor next = i == 0 ? state : HandedOn(state, *recurrences);
    for (const Block& block : blocks_) next = block.Forward(next, recurrences->embedding, &context);
    state = Finished(state, next, i, final, *recurrences);
    if (recurrences->after[recurrences->states.size()] != i + 1) continue;
    recurrences->states.push_back(select && !final ? recurrences->selection.From(state) : state);
  }
  return state;
}

// What the next recurrence gets of `state`.
at::Tensor Recurrent::HandedOn(const at::Tensor& state, const Recurrences& recurrences) const {
  const at::Tensor normed = loop_state_->IsVariablesAlone() ? head_->Normed(state) : at::Tensor();
  return loop_state_->HandedOn(state, normed, recurrences.answer);
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
