// The job of the tool train: what a run is asked for, and a training run from its first step, or from its last whole
// checkpoint. Torch-free.
#ifndef TALLY_LIB_TRAIN_TRAINER_H_
#define TALLY_LIB_TRAIN_TRAINER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/config/config.h"
#include "lib/runs/run_config.pb.h"
#include "lib/train/train_flags.pb.h"

namespace tally {

// The configuration of a run comes from these, the later wins: the defaults; the configuration of `run` where it holds
// one; the files, one after another; `assignments`; then the fields that `flags` has, and no others.
struct ConfigSources {
  std::string run;
  bool accept_edits = false;  // of the run's configuration (lib/runs/run_folder.h)
  std::vector<std::string> files;
  std::vector<std::string> assignments;
  RunConfig flags;
};

struct ResolvedConfig {
  RunConfig config;  // every field is set, so that printing it shows all there is

  // What each source changed in those before it: in the configuration of `run` where it holds one, else in the
  // defaults.
  std::vector<Override> overrides;
};

// A budget given by flag replaces the whole budget of earlier sources: --steps alone clears train.minutes. In the same
// way a source that names data replaces those of earlier sources. With a token stream for data, train.data_order is
// SEQUENTIAL. UsageError for unknown fields and bad values, MissingInput for a file that is not there.
absl::StatusOr<ResolvedConfig> ResolveConfig(const ConfigSources& sources);

// UsageError naming the first thing for which nobody could train by `config`: a number out of its range, no budget,
// options that do not go together. What depends on data is not looked at.
absl::Status CheckConfig(const RunConfig& config);

// Whether the data are a token stream on standard input.
bool ReadsStream(const RunConfig& config);

struct TrainOptions {
  TrainFlags flags;                 // where the run is, whether it continues, and on what machine
  RunConfig config;                 // resolved
  std::vector<Override> overrides;  // how the configuration came about, for the run's log of it
};

// One of several ranks (lib/distributed/ranks.h) does its part of every step; rank 0 alone writes into the folder,
// which all read. UsageError where they differ in configuration, data or the step that they begin with.
//
// Trains until the budget is used up and leaves a whole checkpoint of the last step. CannotCreate where the folder
// holds a run and flags.resume is not set, or a model that no run of Tally's made. UsageError or BadInput where a run
// continues with other data, unless flags.change_data allows it. After SIGTERM, SIGINT or SIGUSR1:
// finishes the step, saves, returns Stopped. A loss or gradient that is not finite ends the run as a failed check
// that names step, learning rate and batch; checkpoints stay as they were.
absl::Status Train(const TrainOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_TRAINER_H_
