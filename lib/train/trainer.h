// The job of the tool train: a training run from its first step, or from its last whole checkpoint.
#ifndef TALLY_LIB_TRAIN_TRAINER_H_
#define TALLY_LIB_TRAIN_TRAINER_H_

#include <vector>

#include "absl/status/status.h"
#include "lib/config/overrides.h"
#include "lib/runs/run_config.pb.h"
#include "lib/train/train_flags.pb.h"

namespace tally {

struct TrainOptions {
  TrainFlags flags;                 // where the run is, whether it continues, and on what machine
  RunConfig config;                 // resolved
  std::vector<Override> overrides;  // how the configuration came about, for the run's log of it
};

// One of several ranks (lib/distributed/ranks.h) does its part of every step; rank 0 alone writes into the folder,
// which all read. UsageError where they differ in configuration, data or the step that they begin with.
//
// Trains until the budget is used up and leaves a whole checkpoint of the last step. CannotCreate where the folder
// holds a run and flags.resume is not set, or a model that no run of Tally's made. After SIGTERM, SIGINT or SIGUSR1:
// finishes the step, saves, returns Stopped. A loss or gradient that is not finite ends the run as a failed check
// that names step, learning rate and batch; checkpoints stay as they were.
absl::Status Train(const TrainOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_TRAINER_H_
