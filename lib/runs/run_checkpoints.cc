#include "lib/runs/run_checkpoints.h"

#include <map>
#include <optional>

#include "lib/base/status_macros.h"

namespace tally {

absl::Status SaveRun(const std::string& run, ModelCard card, const TrainerState& state, const Model& model,
                     const Optimizer* optimizer, Ema* ema) {
  card.step = state.step;
  std::map<std::string, TensorView> tensors = optimizer->State();
  std::optional<Ema::Averages> averages;
  if (ema != nullptr) tensors.merge(averages.emplace(ema).State());
  return SaveCheckpoint(run, card, model, tensors, StateToMetadata(state));
}

absl::StatusOr<TrainerState> RestoreRun(const std::string& folder, Model* model, Optimizer* optimizer, Ema* ema) {
  TALLY_ASSIGN_OR_RETURN(const auto trainer, SafetensorsFile::Open(folder + "/trainer.safetensors"));
  TALLY_ASSIGN_OR_RETURN(const TrainerState state, StateFromMetadata(trainer->metadata(), trainer->path()));
  TALLY_ASSIGN_OR_RETURN(const auto parameters, SafetensorsFile::Open(folder + "/model.safetensors"));
  TALLY_RETURN_IF_ERROR(LoadParameters(parameters->tensors(), parameters->path(), model));
  UseParameterNames(*model, trainer.get());
  TALLY_RETURN_IF_ERROR(optimizer->Restore(*trainer, state.step));
  if (ema != nullptr) TALLY_RETURN_IF_ERROR(ema->Restore(*trainer));
  return state;
}

}  // namespace tally
