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
#include "lib/kernels/attention/device_attention.h"
#include "lib/kernels/attention/self_attention.h"
#include "lib/kernels/recompute/recompute.h"
#include "lib/model/attention/forward_record.h"
#include "lib/model/forward_context.h"
#include "lib/model/positions/logit_bias.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/positions/registry.h"
#include "lib/model/rounds.h"

namespace tally {
namespace {

// The factor on the logits of each query, [seq].
at::Tensor RowScale(const AttentionConfig& attention, int64_t seq) {
  if (!attention.log_position()) return at::ones({seq}, at::kFloat);
  return 4 * (at::arange(2, seq + 2, at::kFloat).log() / 4).pow(attention.log_power());
}

// Columns of the relative bias's table, 1 where there is none.
int64_t TableColumns(const ModelConfig& config) {
  const AttentionConfig& attention = config.attention();
  return attention.relative_clip() == 0 ? 1 : RelativeClipsOf(attention).columns();
}

bool ReadsRecurrence(const ModelConfig& config) { return RelativeClipsOf(config.attention()).ReadRecurrence(); }

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
    case ModelConfig::EVERY_OPERAND:
      digits = static_cast<int64_t>(operands.size()) * RoundLength(operands);
      break;
  }
  return base + static_cast<int64_t>(config.recurrences_per_digit() * static_cast<double>(digits));
}

Recurrent::Recurrent(const ModelConfig& config, Parameters* parameters)
    : config_(config), initialiser_(config), embedding_(config, initialiser_, parameters) {
  const size_t first_of_blocks = parameters->entries().size();
  if (config.separate_blocks()) {
    for (int i = 0; i < config.layers(); ++i) {
      blocks_.emplace_back(absl::StrCat("blocks.", i), 1, config, initialiser_, parameters);
    }
  } else {
    blocks_.emplace_back("block", config.layers(), config, initialiser_, parameters);
  }
  for (size_t i = first_of_blocks; i < parameters->entries().size(); ++i) {
    block_parameters_.push_back(parameters->entries()[i].tensor);
  }
  head_ = std::make_unique<Head>(config, initialiser_, parameters);
  loop_state_ = std::make_unique<LoopState>(config, initialiser_, parameters);
}

PreparedInput Recurrent::Prepare(const ModelInput& input, int64_t grain) const {
  const int64_t begin = input.cache == nullptr ? 0 : input.cache->length(), tokens = input.ids.size(1) - begin;
  const auto asked = [&](const at::Tensor& x) { return x.narrow(1, x.size(1) - tokens, tokens); };
  PreparedInput prepared;
  prepared.embedding = embedding_.Prepare(input.ids, {input.table_offsets, input.table_positions, begin});
  if (input.initial_state.defined()) prepared.initial_state = asked(input.initial_state);
  if (input.state_values.defined()) prepared.state_values = asked(input.state_values);
  prepared.recurrences_done = input.recurrences_done;
  prepared.counts = Counts(input);
  prepared.round_lengths = RoundLengths(config_, input.ids);
  prepared.answer = AnswerTokens(input);
  prepared.attention = Context(input);
  prepared.call_positions = CallPositions(input);
  if (input.rows.defined()) prepared.selection = Select(input.rows, tokens, grain);
  prepared.untracked = input.untracked;
  prepared.recurrences = input.recurrences > 0 ? input.recurrences : config_.recurrences();
  if (prepared.counts.defined()) prepared.recurrences = prepared.counts.max().item<int64_t>();
  prepared.cache = input.cache;
  return prepared;
}

// Recurrences for each sequence, [batch, 1, 1]; undefined where all have the same.
at::Tensor Recurrent::Counts(const ModelInput& input) const {
  if (config_.recurrences_per_digit() == 0 || input.recurrences_done.defined()) return at::Tensor();
  const at::Tensor ids = input.ids.contiguous();
  const at::Tensor counts = at::empty({ids.size(0), 1, 1}, at::kLong);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    counts.data_ptr<int64_t>()[b] =
        CountRecurrences(config_, ids.const_data_ptr<int64_t>() + b * ids.size(1), ids.size(1), input.recurrences);
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
  if (input.far_bias) context.far_bias = at::full({}, *input.far_bias, at::kFloat);
  if (AttentionOf(config_).ReadsPositions()) {
    const at::Tensor& given = input.attention_positions;
    context.positions =
        !given.defined() ? at::arange(seq, at::kFloat) : (given.dim() == 1 ? given : given[0]).to(at::kFloat);
  }
  context.begin = input.cache == nullptr ? 0 : input.cache->length();
  return context;
}

// [calls, seq] float32, where positions differ from one call of attention to the next.
at::Tensor Recurrent::CallPositions(const ModelInput& input) const {
  const at::Tensor& given = input.attention_positions;
  const bool differ = given.defined() && given.dim() == 2 && AttentionOf(config_).ReadsPositions();
  return differ ? given.to(at::kFloat) : at::Tensor();
}

// Where answers are predicted, from `=` on, [batch, tokens, 1]; undefined for models without variables.
at::Tensor Recurrent::AnswerTokens(const ModelInput& input) const {
  if (!loop_state_->IsVariablesAlone()) return at::Tensor();
  const int64_t begin = input.cache == nullptr ? 0 : input.cache->length();
  return IdsByRule(input.ids, SegmentIds).narrow(1, begin, input.ids.size(1) - begin).eq(kAnswerSegment).unsqueeze(-1);
}

std::vector<at::Tensor> Recurrent::States(const PreparedInput& input, std::vector<int64_t> after) const {
  if (after.empty()) after = {input.recurrences};
  Recurrences recurrences = {input, embedding_(input.embedding), after, {}};
  at::Tensor state = InitialState(input, recurrences.embedding);
  if (input.untracked > 0) {
    const at::NoGradGuard no_grad;
    state = Run(state, 0, input.untracked, &recurrences);
  }
  Run(state, input.untracked, after.back(), &recurrences);
  if (input.cache != nullptr) input.cache->Advance(recurrences.embedding.size(1));
  return recurrences.states;
}

at::Tensor Recurrent::InitialState(const PreparedInput& input, const at::Tensor& embedding) const {
  if (input.initial_state.defined()) return input.initial_state;
  if (loop_state_->IsVariablesAlone()) {
    return loop_state_->Embed(input.state_values, {embedding.size(0), embedding.size(1)});
  }
  return config_.initial_state() == ModelConfig::EMBEDDING ? embedding : at::zeros_like(embedding);
}

// The number of the i-th recurrence of a pass, [batch or 1]; undefined for models that do not read it. With rounds it
// is its number in its round; those before the first, as many as are configured beside the digits', are the last of
// one.
at::Tensor Recurrent::RecurrenceNumber(const PreparedInput& input, int64_t i, at::Device device) const {
  if (!ReadsRecurrence(config_)) return at::Tensor();
  at::Tensor number = at::full({1}, i, at::TensorOptions(at::kLong).device(device));
  if (input.recurrences_done.defined()) number = number + input.recurrences_done;
  const at::Tensor& round = input.round_lengths;
  return round.defined() ? (number - config_.recurrences()).remainder(round) : number;
}

// The biases of all layers in the recurrence whose first attention call is `first_call`.
std::vector<at::Tensor> Recurrent::Biases(const PreparedInput& input, const AttentionContext& context,
                                          int64_t first_call) const {
  std::vector<at::Tensor> biases;
  for (const Block& block : blocks_) {
    for (const Layer& layer : block.layers()) {
      AttentionContext of_call = context;
      if (const at::Tensor& positions = input.call_positions; positions.defined()) {
        of_call.positions = positions[(first_call + static_cast<int64_t>(biases.size())) % positions.size(0)];
      }
      biases.push_back(layer.attention().Bias(of_call));
    }
  }
  return biases;
}

// How attention is computed in recurrences that record gradient as this thread does now.
AttentionPlan Recurrent::Plan(const Recurrences& recurrences) const {
  const at::Tensor& embedding = recurrences.embedding;
  const AttentionContext& context = recurrences.input.attention;
  AttentionSituation situation = SituationOf(config_);
  situation.tokens = context.row_scale.size(0);
  situation.queries = situation.tokens - context.begin;
  situation.bias_sequences = context.ids.defined() ? context.ids.size(0) : 1;
  situation.many_short_sequences = SelfAttentionIsFaster(embedding.size(0), embedding.size(1), situation.heads);
  situation.has_cache = recurrences.input.cache != nullptr;
  situation.positions_differ = recurrences.input.call_positions.defined() || ReadsRecurrence(config_);
  situation.gradient = at::GradMode::is_enabled();
  situation.recorded = CurrentRecord() != nullptr;
  situation.on_cpu = embedding.is_cpu();
  situation.device_kernel = HasDeviceAttention(embedding.device(), situation.tokens, TableColumns(config_));
  situation.float32 = embedding.scalar_type() == at::kFloat;
  return PlanAttention(situation);
}

// Recurrences first, ..., last - 1 from `state`, that after recurrence first - 1. Those of recurrences->states are kept
// there; returns the last.
at::Tensor Recurrent::Run(at::Tensor state, int64_t first, int64_t last, Recurrences* recurrences) const {
  const PreparedInput& input = recurrences->input;
  const bool select = input.selection.tokens.defined();
  RecurrenceContext context = {input.attention, Plan(*recurrences), std::vector<at::Tensor>(config_.layers()),
                               input.cache};
  if (input.recompute == Recompute::kLayer && at::GradMode::is_enabled()) context.recomputed = &block_parameters_;
  if (context.plan.terms == AttentionPlan::kShared) context.biases = Biases(input, context.attention, 0);
  for (int64_t i = first; i < last; ++i) {
    context.layer = 0;
    context.first_call = i * config_.layers();
    context.attention.recurrence = RecurrenceNumber(input, i, state.device());
    if (context.plan.terms == AttentionPlan::kEachRecurrence) {
      context.biases = Biases(input, context.attention, context.first_call);
    }
    const bool final = select && i + 1 == recurrences->after.back();
    context.selection = final ? std::optional<Selection>(input.selection) : std::nullopt;
    const at::Tensor entering = i == 0 ? state : HandedOn(state, *recurrences);
    const at::Tensor next = ApplyBlocks(entering, *recurrences, &context);
    state = Finished(state, next, i, final, *recurrences);
    if (ForwardRecord* const record = CurrentRecord(); record != nullptr) record->states.push_back(state);
    if (recurrences->after[recurrences->states.size()] != i + 1) continue;
    recurrences->states.push_back(select && !final ? input.selection.From(state) : state);
  }
  return state;
}

// The blocks of one recurrence.
at::Tensor Recurrent::ApplyBlocks(const at::Tensor& state, const Recurrences& recurrences,
                                  RecurrenceContext* context) const {
  const auto apply = [this](at::Tensor next, const at::Tensor& embedding, RecurrenceContext* with) {
    for (const Block& block : blocks_) next = block.Forward(next, embedding, with);
    return next;
  };
  if (recurrences.input.recompute != Recompute::kRecurrence) return apply(state, recurrences.embedding, context);
  const auto apply_again = [apply, before = *context](const std::vector<at::Tensor>& inputs) {
    RecurrenceContext with = before;
    with.biases.assign(inputs.begin() + 2, inputs.end());
    return apply(inputs[0], inputs[1], &with);
  };
  std::vector<at::Tensor> inputs = {state, recurrences.embedding};
  inputs.insert(inputs.end(), context->biases.begin(), context->biases.end());
  return Recomputed(apply_again, inputs, block_parameters_);
}

// What the next recurrence gets of `state`.
at::Tensor Recurrent::HandedOn(const at::Tensor& state, const Recurrences& recurrences) const {
  const at::Tensor normed = loop_state_->IsVariablesAlone() ? head_->Normed(state) : at::Tensor();
  return loop_state_->HandedOn(state, normed, recurrences.input.answer);
}

// The state after recurrence i, which leads from `state` to `next`, of selected tokens where it is `final`: sequences
// that have had their recurrences stay as they are.
at::Tensor Recurrent::Finished(const at::Tensor& state, const at::Tensor& next, int64_t i, bool final,
                               const Recurrences& recurrences) const {
  const at::Tensor& counts = recurrences.input.counts;
  if (!counts.defined()) return next;
  if (!final) return at::where(counts.gt(i), next, state);
  const Selection& selection = recurrences.input.selection;
  const at::Tensor of_selected = counts.flatten().index_select(0, selection.sequences).unsqueeze(1);
  return at::where(of_selected.gt(i), next, selection.From(state));
}

}  // namespace tally
