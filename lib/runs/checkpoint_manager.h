// The folder of a run while it trains: started or continued, saved when due, tidied. One process, that of rank 0,
// writes; the others only read.
#ifndef TALLY_LIB_RUNS_CHECKPOINT_MANAGER_H_
#define TALLY_LIB_RUNS_CHECKPOINT_MANAGER_H_

#include <cstdint>
#include <memory>
#include <string>

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
#include "lib/runs/run_lock.h"
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

// How a process takes part in a run.
struct RunAccess {
  bool writes = true;         // else nothing is written or logged
  bool resume = false;        // continue the run that is there
  bool accept_edits = false;  // hashes of files are not looked at
  bool change_data = false;   // a continued run may go on with other data, from their first example
};

// Not thread-safe.
class CheckpointManager {
 public:
  // For the run in the folder `run`, whose configuration is `config`. `parts` must outlive this.
  CheckpointManager(std::string run, const RunConfig& config, const RunParts& parts, const RunAccess& access);

  // Takes the folder's lock, starts the run there, or continues it: then `state` is that of its last checkpoint. Errors
  // of CheckMayTrainIn and ReadRunConfig; CannotCreate where another process holds the lock; UsageError where the run
  // was started with another configuration; errors of Restore. The run is as it was then. Else checkpoints that
  // train.keep_* no longer keep are removed, as Save does.
  absl::Status Open(TrainerState* state);

  // Reads the last checkpoint, if there is one. BadInput where it is damaged, was edited, or is of other training data
  // and access.change_data is not set, or they have another vocabulary.
  absl::Status Restore(TrainerState* state);

  // Whether train.save_every_steps or save_every_minutes asks for a checkpoint now: a function of the states that were
  // restored, saved and given, so that ranks that agree on these agree on it.
  bool SaveIsDue(const TrainerState& state) const;

  // Saves the step unless that is done, and removes the checkpoints that train.keep_* no longer keep. With averaged
  // weights, the checkpoint's model holds the averages and trainer.safetensors the weights in training. Where the run's
  // folder was moved meanwhile, saves there and returns CannotCreate, which says so: whatever is at the old path now is
  // not the run's.
  absl::Status Save(TrainerState* state);

 private:
  absl::Status CheckSameConfig() const;
  absl::Status RestoreFrom(const std::string& folder, TrainerState* state);
  absl::Status CheckData(TrainerState* state) const;
  absl::Status CheckSameVocabulary(const std::string& folder) const;
  ModelCard Card(int64_t step) const;
  absl::Status Write(const std::string& run, const TrainerState& state) const;
  absl::Status SaveIn(const std::string& run, TrainerState* state);
  absl::Status RemoveOld(const std::string& run, const TrainerState& state) const;

  const std::string run_;
  const RunConfig config_;
  const RunParts parts_;
  const RunAccess access_;
  std::unique_ptr<RunLock> lock_;
  int64_t saved_step_ = -1;
  double saved_seconds_ = 0;  // TrainerState.seconds of the last checkpoint
};

}  // namespace tally

#endif  // TALLY_LIB_RUNS_CHECKPOINT_MANAGER_H_
