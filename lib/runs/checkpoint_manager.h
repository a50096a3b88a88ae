// The folder of a run while it trains: started or continued, saved when due, tidied. One process, that of rank 0,
// writes; the others only read.
#ifndef TALLY_LIB_RUNS_CHECKPOINT_MANAGER_H_
#define TALLY_LIB_RUNS_CHECKPOINT_MANAGER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/batches/batch.h"
#include "lib/checkpoint/model_card.h"
#include "lib/model/model.h"
#include "lib/optim/ema.h"
#include "lib/optim/optimizer.h"
#include "lib/runs/metrics.h"
#include "lib/runs/run_config.pb.h"
#include "lib/runs/run_folder.h"
#include "lib/runs/trainer_state.h"

namespace tally {

// What checkpoints hold, and the data that it learns from.
struct RunParts {
  BatchSource* source = nullptr;
  Model* model = nullptr;
  Optimizer* optimizer = nullptr;
  Ema* ema = nullptr;  // null: the weights are not averaged
};

// Sets the best evaluation in `state` to `now`, that of state->step, where it has more exact answers than ever, or as
// many with a smaller loss. Returns whether it has.
bool NoteIfBest(const ValidationMetrics& now, TrainerState* state);

// Not thread-safe.
class CheckpointManager {
 public:
  // For the run in the folder `run`. `config` and `parts` must outlive this. Where `writes` is not set, nothing is
  // written or logged.
  CheckpointManager(std::string run, const RunConfig* config, const RunParts& parts, bool writes);

  // Takes the folder's lock, starts the run there, or continues it: then `state` is that of its last checkpoint.
  // before_new() is called for a new run before its configuration is written, and may still change it. Errors of
  // CheckMayTrainIn; CannotCreate where another process holds the lock; UsageError where the run was
  // started with another configuration; errors of Restore.
  absl::Status Open(bool resume, absl::FunctionRef<absl::Status()> before_new, TrainerState* state);

  // Reads the last checkpoint, if there is one. BadInput where it is damaged or of other training data.
  absl::Status Restore(TrainerState* state);

  // Whether train.save_every_steps or save_every_minutes asks for a checkpoint now.
  bool SaveIsDue(const TrainerState& state) const;

  // Saves the step unless that is done, and removes the checkpoints that train.keep_* no longer keep.
  absl::Status Save(TrainerState* state);

 private:
  ModelCard Card() const;
  absl::Status CheckSameData(const TrainerState& state) const;

  const std::string run_;
  const RunConfig& config_;
  const RunParts parts_;
  const bool writes_;
  std::unique_ptr<RunLock> lock_;
  int64_t saved_step_ = -1;
  absl::Time last_save_;
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_CHECKPOINT_MANAGER_H_
