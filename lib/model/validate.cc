#include "lib/model/validate.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

struct Bound {
  const char* field;
  double value, min, max;
};

constexpr double kLargest = 1 << 24;

absl::Status CheckBounds(const ModelConfig& config) {
  const AttentionConfig& a = config.attention();
  const PositionConfig& p = config.positions();
  const std::vector<Bound> bounds = {
      {"vocabulary_size", static_cast<double>(config.vocabulary_size()), 1, 256},
      {"hidden_size", static_cast<double>(config.hidden_size()), 1, kLargest},
      {"intermediate_size", static_cast<double>(config.intermediate_size()), 0, kLargest},
      {"embedding_size", static_cast<double>(config.embedding_size()), 0, kLargest},
      {"layers", static_cast<double>(config.layers()), 1, 10000},
      {"recurrences", static_cast<double>(config.recurrences()), 1, 10000},
      {"backprop_recurrences", static_cast<double>(config.backprop_recurrences()), 0,
       static_cast<double>(config.recurrences())},
      {"recurrences_per_digit", config.recurrences_per_digit(), 0, 100},
      {"norm_epsilon", config.norm_epsilon(), 0, 1},
      {"initialisation_deviation", config.initialisation_deviation(), 0, 100},
      {"attention.heads", static_cast<double>(a.heads()), 1, kLargest},
      {"attention.relative_clip", static_cast<double>(a.relative_clip()), 0, 1000},
      {"attention.second_clip", static_cast<double>(a.second_clip()), 0, 1000},
      {"attention.random_positions", static_cast<double>(a.random_positions()), 0, kLargest},
      {"attention.log_power", a.log_power(), 0, 4},
      {"attention.logit_jitter", a.logit_jitter(), 0, 2},
      {"attention.far_jitter", a.far_jitter(), 0, 10},
      {"positions.table_rows", static_cast<double>(p.table_rows()), 1, kLargest},
      {"positions.max_offset", static_cast<double>(p.max_offset()), 0, kLargest},
      {"positions.test_offset", static_cast<double>(p.test_offset()), 0, kLargest},
  };
  for (const Bound& bound : bounds) {
    if (bound.value >= bound.min && bound.value <= bound.max) continue;
    return UsageError(
        absl::StrCat("model.", bound.field, " is ", bound.value, "; expected ", bound.min, "..", bound.max));
  }
  return absl::OkStatus();
}

absl::Status Refuse(bool refused, const std::string& message) {
  return refused ? UsageError(absl::StrCat("model.", message)) : absl::OkStatus();
}

absl::Status CheckPositions(const ModelConfig& config) {
  const PositionConfig& p = config.positions();
  const bool shifted = p.table() == PositionConfig::ABACUS || p.table() == PositionConfig::COUPLED ||
                       p.table() == PositionConfig::COUPLED_LEVELS;
  TALLY_RETURN_IF_ERROR(Refuse(shifted && p.max_offset() >= p.table_rows(),
                               absl::StrCat("positions.max_offset is ", p.max_offset(),
                                            "; expected less than model.positions.table_rows, ", p.table_rows())));
  const bool sines = p.table() == PositionConfig::SINUSOIDAL || p.table() == PositionConfig::SCALED_SINUSOIDAL;
  const int width = config.embedding_size() > 0 ? config.embedding_size() : config.hidden_size();
  return Refuse(sines && width % 2 != 0,
                absl::StrCat("positions.table has pairs of sines and cosines; expected an even width, found ", width));
}

absl::Status CheckAttention(const ModelConfig& config) {
  const AttentionConfig& a = config.attention();
  TALLY_RETURN_IF_ERROR(Refuse(config.hidden_size() % a.heads() != 0,
                               absl::StrCat("attention.heads is ", a.heads(),
                                            "; expected a divisor of model.hidden_size, ", config.hidden_size())));
  const int size = config.hidden_size() / a.heads();
  TALLY_RETURN_IF_ERROR(
      Refuse(a.position() == AttentionConfig::ROPE && size % 2 != 0,
             absl::StrCat("attention.position is ROPE; expected an even number of features a head, found ", size)));
  return Refuse(a.ids() != AttentionConfig::DIGIT_WEIGHT && a.relative_clip() == 0,
                "attention.ids names a second coordinate; expected a positive model.attention.relative_clip");
}

absl::Status CheckShape(const ModelConfig& config) {
  TALLY_RETURN_IF_ERROR(Refuse(config.gated() && config.intermediate_size() % 2 != 0,
                               absl::StrCat("intermediate_size is ", config.intermediate_size(),
                                            "; expected an even number: half of it gates the other half")));
  const bool factorised = config.embedding_size() > 0 && config.embedding_size() != config.hidden_size();
  TALLY_RETURN_IF_ERROR(Refuse(factorised && !config.output_adapter(),
                               "embedding_size differs from hidden_size; expected model.output_adapter: true"));
  TALLY_RETURN_IF_ERROR(
      Refuse(config.tied() && !factorised, "tied needs a model.embedding_size that differs from model.hidden_size"));
  TALLY_RETURN_IF_ERROR(Refuse(config.recurrences_per_digit() > 0 && config.backprop_recurrences() > 0,
                               "recurrences_per_digit goes with gradient through all passes; expected "
                               "model.backprop_recurrences: 0"));
  return Refuse(config.initial_state() == ModelConfig::UNIT && config.hidden_size() < 2,
                "initial_state is UNIT; expected a model.hidden_size of at least 2");
}

}  // namespace

absl::Status ValidateModelConfig(const ModelConfig& config) {
  TALLY_RETURN_IF_ERROR(CheckBounds(config));
  TALLY_RETURN_IF_ERROR(CheckShape(config));
  TALLY_RETURN_IF_ERROR(CheckAttention(config));
  return CheckPositions(config);
}

}  // namespace tally
