// The log of a run, with the sinks that its configuration asks for. Torch-free.
#ifndef TALLY_LIB_RUNS_OPEN_LOG_H_
#define TALLY_LIB_RUNS_OPEN_LOG_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/runs/run_config.pb.h"
#include "lib/runs/training_log.h"

namespace tally {

// The log of the run in the folder `run` after `step` steps: metrics.jsonl, and an event file where train.tensorboard
// is set; where `writes` is not set, none. `config` must outlive it. CannotCreate.
absl::StatusOr<std::unique_ptr<TrainingLog>> OpenLog(const std::string& run, int64_t step, const TrainConfig* config,
                                                     bool writes);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_OPEN_LOG_H_
