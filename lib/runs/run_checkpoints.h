// A run's state in its checkpoints: tensors and numbers together.
#ifndef TALLY_LIB_RUNS_RUN_CHECKPOINTS_H_
#define TALLY_LIB_RUNS_RUN_CHECKPOINTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/model.h"
#include "lib/optim/ema.h"
#include "lib/optim/optimizer.h"
#include "lib/runs/trainer_state.h"

namespace tally {

// Writes a checkpoint of step state.step into `run`, whole or not at all. Where `ema` is not null, the checkpoint's
// model holds the averages and trainer.safetensors the weights in training. CannotCreate, IoError.
absl::Status SaveRun(const std::string& run, ModelCard card, const TrainerState& state, const Model& model,
                     const Optimizer* optimizer, Ema* ema);

// Restores what SaveRun wrote from the checkpoint `folder`. BadInput where something is missing or damaged.
absl::StatusOr<TrainerState> RestoreRun(const std::string& folder, Model* model, Optimizer* optimizer, Ema* ema);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_RUN_CHECKPOINTS_H_
