// The configuration of a run from its sources, the later wins. Torch-free.
#ifndef TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_
#define TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// In this order: the defaults; the configuration of `run` where it holds one; `file`; `assignments`; then what flags
// give.
struct ConfigSources {
  std::string run;
  std::string file;
  std::vector<std::string> assignments;
  std::vector<std::string> data;  // none where the flag was not given
  std::optional<int64_t> steps;
  std::optional<double> minutes;
  std::optional<uint64_t> seed;
  std::optional<int32_t> threads;
  std::optional<int64_t> keep_last;
  std::optional<int64_t> keep_every;
};

// Every field of the result is set, so that printing it shows all there is. A budget given by flag replaces the whole
// budget of earlier sources: --steps alone clears train.minutes. In the same way a source that names data replaces
// those of earlier sources. With a token stream for data, train.data_order is SEQUENTIAL.
absl::StatusOr<RunConfig> ResolveConfig(const ConfigSources& sources);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_RESOLVE_CONFIG_H_
