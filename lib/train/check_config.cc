#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/model/validate.h"
#include "lib/runs/run_folder.h"
#include "lib/train/resolve_config.h"

namespace tally {
namespace {

// What does not go together with a supervised state.
absl::Status CheckStateLoss(const RunConfig& config) {
  const LossConfig& loss = config.train().loss();
  if (loss.state_weight() == 0) return absl::OkStatus();
  if (loss.progressive_alpha() > 0 || loss.throttle() || config.model().backprop_recurrences() > 0) {
    return UsageError(
        "train.loss.state_weight trains every recurrence in the same way; expected train.loss.progressive_alpha: 0, "
        "train.loss.throttle: false and model.backprop_recurrences: 0");
  }
  if (loss.state_weight_steps() > 0 && loss.state_training() == LossConfig::TAUGHT) {
    return UsageError(
        "train.loss.state_weight_steps ends the supervision that TAUGHT is made of; expected "
        "train.loss.state_training: UNROLLED");
  }
  const bool taught = loss.state_training() == LossConfig::TAUGHT || loss.taught_steps() > 0;
  if (!taught || HandsOnVariablesAlone(config.model())) return absl::OkStatus();
  return UsageError(
      "train.loss.state_training begins recurrences from the true state; expected model.state.handed_on: "
      "PROBABILITIES or ARGMAX, or train.loss.state_training: UNROLLED");
}

// Whether every step runs all recurrences of its problems, which are not the same for each.
bool RunsRecurrencesOfProblems(const RunConfig& config) {
  const LossConfig& loss = config.train().loss();
  const bool taught = loss.state_weight() > 0 && loss.state_training() == LossConfig::TAUGHT;
  return config.model().recurrences_per_digit() > 0 && !taught;
}

absl::Status CheckPoolOrder(const RunConfig& config) {
  if (config.train().pool_order() == TrainConfig::BY_LENGTH || RunsRecurrencesOfProblems(config)) {
    return absl::OkStatus();
  }
  return UsageError(
      "train.pool_order: BY_RECURRENCES is for problems whose recurrences differ and are all run; expected "
      "model.recurrences_per_digit above 0 and no train.loss.state_training: TAUGHT");
}

}  // namespace

absl::Status CheckConfig(const RunConfig& config) {
  TALLY_RETURN_IF_ERROR(ValidateTrainConfig(config.train()));
  TALLY_RETURN_IF_ERROR(ValidateModelConfig(config.model()));
  TALLY_RETURN_IF_ERROR(CheckStateLoss(config));
  TALLY_RETURN_IF_ERROR(CheckPoolOrder(config));
  if (config.train().loss().progressive_alpha() == 0 || config.model().recurrences_per_digit() == 0) {
    return absl::OkStatus();
  }
  return UsageError(
      "train.loss.progressive_alpha draws one number of recurrences a step; expected model.recurrences_per_digit: 0");
}

}  // namespace tally
