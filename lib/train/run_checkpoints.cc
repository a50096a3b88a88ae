#include "lib/train/run_checkpoints.h"

#include "lib/base/status_macros.h"

namespace tally {

absl::Status SaveRun(const std::string& run, ModelCard card, const TrainerState& state, const Model& model,
                     Optimizer* optimizer) {
  card.step = state.step;
  return SaveCheckpoint(run, card, model, optimizer->State(), StateToMetadata(state));
}

absl::StatusOr<TrainerState> RestoreRun(const std::string& folder, Model* model, Optimizer* optimizer) {
  TALLY_ASSIGN_OR_RETURN(const auto trainer, SafetensorsFile::Open(folder + "/trainer.safetensors"));
  TALLY_ASSIGN_OR_RETURN(const TrainerState state, StateFromMetadata(trainer->metadata(), trainer->path()));
  TALLY_ASSIGN_OR_RETURN(const auto parameters, SafetensorsFile::Open(folder + "/model.safetensors"));
  TALLY_RETURN_IF_ERROR(LoadParameters(parameters->tensors(), parameters->path(), model));
  TALLY_RETURN_IF_ERROR(optimizer->Restore(*trainer, state.step));
  return state;
}

}  // namespace tally
