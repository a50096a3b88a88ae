// The runs of a sweep, FOLDER/runs.jsonl: one JSON line a run, with what tells it from the others (docs/sweeps.md).
#ifndef TALLY_LIB_RESULTS_SWEEP_RUNS_H_
#define TALLY_LIB_RESULTS_SWEEP_RUNS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

struct SweepRun {
  int64_t number = 0;                                       // from 1
  std::vector<std::pair<std::string, std::string>> values;  // fields of the configuration and what they are set to
  std::optional<uint64_t> seed;                             // none where the sweep has no seeds
};

// "train.batch_size=8, train.seed=2": what tells the run from the others.
std::string SweepRunName(const SweepRun& run);

// The folder in which it trains, FOLDER/run_3.
std::string SweepRunFolder(const std::string& folder, int64_t number);

// As one line of JSON without a newline, and back: BadInput names the key. The caller adds file and line.
std::string SweepRunToJson(const SweepRun& run);
absl::StatusOr<SweepRun> SweepRunFromJson(absl::string_view line);

// The runs of the sweep in `folder`. MissingInput where it holds none; BadInput with file and line, also where numbers
// are not 1, 2, 3, ...
absl::StatusOr<std::vector<SweepRun>> ReadSweepRuns(const std::string& folder);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_SWEEP_RUNS_H_
