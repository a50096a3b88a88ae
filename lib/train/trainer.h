// The job of the tool train: a training run from its first step, or from its last whole checkpoint. Torch-free.
#ifndef TALLY_LIB_TRAIN_TRAINER_H_
#define TALLY_LIB_TRAIN_TRAINER_H_

#include "absl/status/status.h"
#include "lib/train/resolve_config.h"

namespace tally {

// One of several ranks (lib/distributed/ranks.h) does its part of every step; rank 0 alone writes into the folder,
// which all read. UsageError where they differ in configuration, data or the step that they begin with.
//
// Trains until the budget is used up and leaves a whole checkpoint of the last step. CannotCreate where the folder
// holds a run and flags.resume is not set, or a model that no run of Tally's made. UsageError or BadInput where a run
// continues with other data, unless flags.change_data allows it. After SIGTERM, SIGINT or SIGUSR1:
// finishes the step, saves, returns Stopped. A loss or gradient that is not finite ends the run as a failed check
// that names step, learning rate and batch; checkpoints stay as they were.
absl::Status Train(TrainOptions options);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_TRAINER_H_
