// The configuration of a run from its sources, the later wins. Torch-free.
#ifndef TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_
#define TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/config/overrides.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// In this order: the defaults; the configuration of `run` where it holds one; the files, one after another;
// `assignments`; then the fields that `flags` has, and no others.
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

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_
