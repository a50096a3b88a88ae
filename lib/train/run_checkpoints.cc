#include "lib/train/run_checkpoints.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {

absl::Status SaveRun(const std::string& run, ModelCard card, const TrainerState& state, const Model& model,
                     Optimizer* optimizer) {
  card.step = state.step;
  return SaveCheckpoint(run, card, model, optimizer->State(), StateToMetadata(state));
}

absl::StatusOr<TrainerState> RestoreRun(const std::string& folder, const std::string& data, Model* model,
                                        Optimizer* optimizer) {
  TALLY_ASSIGN_OR_RETURN(const auto trainer, SafetensorsFile::Open(folder + "/trainer.safetensors"));
  TALLY_ASSIGN_OR_RETURN(const TrainerState state, StateFromMetadata(trainer->metadata(), trainer->path()));
  if (state.data != data) {
    return BadInputError(
        absl::StrCat(folder, ": found a data set of ", data, ", expected the run's own of ", state.data));
  }
  TALLY_ASSIGN_OR_RETURN(const auto parameters, SafetensorsFile::Open(folder + "/model.safetensors"));
  TALLY_RETURN_IF_ERROR(LoadParameters(parameters->tensors(), parameters->path(), model));
  TALLY_RETURN_IF_ERROR(optimizer->Restore(*trainer, state.step));
  return state;
}

}  // namespace tally
