// What a run is asked for, from the command line, files and a run that is there already. Torch-free.
#ifndef TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_
#define TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_

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
  RunConfig config;        // every field is set, so that printing it shows all there is
  bool continues = false;  // `run` holds a configuration

  // What each source changed in those before it: in the configuration of `run` where it holds one, else in the
  // defaults.
  std::vector<Override> overrides;
};

// A budget given by flag replaces the whole budget of earlier sources: --steps alone clears train.minutes. In the same
// way a source that names data replaces those of earlier sources. With a token stream for data, train.data_order is
// SEQUENTIAL. A run that continues keeps its precision where a source says AUTO. UsageError for unknown fields and bad
// values, MissingInput for a file that is not there.
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

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_
