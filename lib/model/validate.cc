#include "lib/model/validate.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/options.h"
#include "lib/model/positions/registry.h"

namespace tally {
namespace {

// A table of biases has a column for each combination of coordinates.
absl::Status CheckColumns(const AttentionConfig& attention) {
  constexpr int64_t kMost = 1 << 16;
  const bool two = attention.ids() != AttentionConfig::DIGIT_WEIGHT;
  int64_t columns = 1;
  for (const int64_t clip :
       {attention.relative_clip(), two ? attention.second_clip() : 0, attention.shift_clip(), attention.key_clip()}) {
    columns *= 2 * clip + 1;
    if (columns > kMost) break;
  }
  return RefuseModelIf(columns > kMost, absl::StrCat("attention's clips make ", columns,
                                                     " columns of a table or more; expected at most ", kMost));
}

// What attention shares or leaves out.
absl::Status CheckShared(const AttentionConfig& a) {
  TALLY_RETURN_IF_ERROR(RefuseModelIf(a.heads() % KeyValueHeads(a) != 0,
                                      absl::StrCat("attention.key_value_heads is ", a.key_value_heads(),
                                                   "; expected a divisor of model.attention.heads, ", a.heads())));
  const bool whole = a.content() && KeyValueHeads(a) == a.heads();
  TALLY_RETURN_IF_ERROR(RefuseModelIf(!whole && a.packing() != AttentionConfig::BY_ROLE,
                                      "attention.packing is BY_HEAD; expected model.attention.content: true, and as "
                                      "many key_value_heads as heads"));
  return RefuseModelIf(!a.content() && a.position() == AttentionConfig::ROPE,
                       "attention.position is ROPE, which turns queries and keys; expected model.attention.content: "
                       "true");
}

absl::Status CheckAttention(const ModelConfig& config) {
  const AttentionConfig& a = config.attention();
  TALLY_RETURN_IF_ERROR(
      RefuseModelIf(config.hidden_size() % a.heads() != 0,
                    absl::StrCat("attention.heads is ", a.heads(), "; expected a divisor of model.hidden_size, ",
                                 config.hidden_size())));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(a.relative_clip() == 0 && (a.shift_clip() > 0 || a.key_clip() > 0),
                                      "attention.shift_clip and key_clip add to the relative bias; expected a positive "
                                      "model.attention.relative_clip"));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(
      a.local() && a.relative_clip() == 0,
      "attention.local is told far keys by the relative bias; expected a positive model.attention.relative_clip"));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(
      a.recurrence_counts() == AttentionConfig::OPERANDS && a.ids() != AttentionConfig::DIGIT_WEIGHT_AND_OPERAND,
      "attention.recurrence_counts is OPERANDS; expected model.attention.ids: DIGIT_WEIGHT_AND_OPERAND"));
  TALLY_RETURN_IF_ERROR(CheckShared(a));
  TALLY_RETURN_IF_ERROR(CheckColumns(a));
  return RefuseModelIf(a.ids() != AttentionConfig::DIGIT_WEIGHT && a.relative_clip() == 0,
                       "attention.ids names a second coordinate; expected a positive model.attention.relative_clip");
}

absl::Status CheckShape(const ModelConfig& config) {
  TALLY_RETURN_IF_ERROR(RefuseModelIf(
      config.backprop_recurrences() > config.recurrences(),
      absl::StrCat("backprop_recurrences is ", config.backprop_recurrences(), "; expected 0..", config.recurrences())));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(config.gated() && config.intermediate_size() % 2 != 0,
                                      absl::StrCat("intermediate_size is ", config.intermediate_size(),
                                                   "; expected an even number: half of it gates the other half")));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(config.matrix_rank() >= config.hidden_size(),
                                      absl::StrCat("matrix_rank is ", config.matrix_rank(),
                                                   "; expected less than model.hidden_size, ", config.hidden_size())));
  const bool factorised = config.embedding_size() > 0 && config.embedding_size() != config.hidden_size();
  TALLY_RETURN_IF_ERROR(RefuseModelIf(factorised && !config.output_adapter(),
                                      "embedding_size differs from hidden_size; expected model.output_adapter: true"));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(config.tied() && config.output_adapter() && !factorised,
                                      "tied has no matrix before the embedding that model.output_adapter could be; "
                                      "expected an embedding_size that differs from hidden_size"));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(config.recurrences_per_digit() > 0 && config.backprop_recurrences() > 0,
                                      "recurrences_per_digit goes with gradient through all recurrences; expected "
                                      "model.backprop_recurrences: 0"));
  const bool in_rounds = config.recurrence_operand() == ModelConfig::EVERY_OPERAND;
  TALLY_RETURN_IF_ERROR(RefuseModelIf(in_rounds && config.recurrences_per_digit() != 1,
                                      "recurrence_operand is EVERY_OPERAND; expected model.recurrences_per_digit: 1"));
  const bool variables_alone = HandsOnVariablesAlone(config);
  TALLY_RETURN_IF_ERROR(RefuseModelIf(variables_alone && config.initial_state() != ModelConfig::ZERO,
                                      "state.handed_on is variables alone; expected model.initial_state: ZERO"));
  TALLY_RETURN_IF_ERROR(RefuseModelIf(variables_alone && config.injection() == ModelConfig::NO_INJECTION,
                                      "state.handed_on is variables alone; expected a model.injection"));
  return RefuseModelIf(config.initial_state() == ModelConfig::UNIT && config.hidden_size() < 2,
                       "initial_state is UNIT; expected a model.hidden_size of at least 2");
}

void UpgradeFrom0(ModelConfig* config) {
  AttentionConfig* const attention = config->mutable_attention();
  if (!attention->has_logit_jitter()) attention->set_logit_jitter(0);
  if (!attention->has_far_key_bias_jitter()) attention->set_far_key_bias_jitter(0);
  if (!attention->has_log_power()) attention->set_log_power(1);
}

}  // namespace

int64_t IntermediateSize(const ModelConfig& config) {
  return config.intermediate_size() > 0 ? config.intermediate_size() : int64_t{4} * config.hidden_size();
}

int64_t EmbeddingSize(const ModelConfig& config) {
  return config.embedding_size() > 0 ? config.embedding_size() : config.hidden_size();
}

int64_t KeyValueHeads(const AttentionConfig& attention) {
  return attention.key_value_heads() > 0 ? attention.key_value_heads() : attention.heads();
}

bool HandsOnVariablesAlone(const ModelConfig& config) {
  const StateConfig::HandedOn kind = config.state().handed_on();
  return kind == StateConfig::PROBABILITIES || kind == StateConfig::ARGMAX;
}

absl::Status CheckStateVariables(const ModelConfig& config) {
  const bool none = config.state().variables() == 0 || config.state().values() == 0;
  return RefuseModelIf(HandsOnVariablesAlone(config) && none,
                       absl::StrCat("state.handed_on is ", StateConfig::HandedOn_Name(config.state().handed_on()),
                                    "; expected variables, which a positive train.loss.state_weight takes from a task "
                                    "that has some"));
}

absl::Status ValidateModelConfig(const ModelConfig& config) {
  TALLY_RETURN_IF_ERROR(CheckRanges(config, "model."));
  TALLY_RETURN_IF_ERROR(CheckShape(config));
  TALLY_RETURN_IF_ERROR(CheckAttention(config));
  return CheckPositions(config);
}

absl::Status UpgradeModelConfig(absl::string_view source, ModelConfig* config) {
  const int newest = ModelConfig::default_instance().format();
  const int format = config->has_format() ? config->format() : 0;
  if (format < 0 || format > newest) {
    return BadInputError(absl::StrCat(source, ": found a model configuration of format ", format, ", expected at most ",
                                      newest, ": a newer tally wrote it"));
  }
  if (format < 1) UpgradeFrom0(config);
  config->set_format(newest);
  return absl::OkStatus();
}

}  // namespace tally
