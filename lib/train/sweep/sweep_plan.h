// The runs of a sweep: which configurations its file comes to, and the folder in which scripts/sweep.sh trains them.
// Torch-free.
//
//   FOLDER/runs.jsonl           a line a run: its number and values (lib/results/sweep_runs.h)
//   FOLDER/configs/3.textproto  what the configuration of run 3 has other than the defaults
//   FOLDER/eval.txt             flags of eval, one a line; absent where the sweep has none
//   FOLDER/run_3                the run, once it is trained
//
// A sweep that is there may grow: its runs keep their numbers and new ones come behind them.
#ifndef TALLY_LIB_TRAIN_SWEEP_SWEEP_PLAN_H_
#define TALLY_LIB_TRAIN_SWEEP_SWEEP_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/results/sweep_runs.h"
#include "lib/runs/run_config.pb.h"
#include "lib/train/resolve_config.h"
#include "lib/train/sweep/sweep.pb.h"

namespace tally {

constexpr int64_t kMostSweepRuns = 10000;

// A run and its configuration, every field set.
struct PlannedRun {
  SweepRun run;
  RunConfig config;
};

// The runs of `sweep`, read from the file `name`, in their order: the first seed with all combinations, the last axis
// the quickest; then the next seed. `base` is what the command line says, above the sweep's `config`, `threads` and
// `set` and below its axes.
//
// UsageError that begins with `name` for unknown fields and values, an axis without values, lists in step that are not
// equally long, two runs of one configuration, data that are none or a stream, a configuration that `train` would
// refuse; MissingInput for data that are not there.
absl::StatusOr<std::vector<PlannedRun>> PlanSweep(const std::string& name, const Sweep& sweep,
                                                  const ConfigSources& base);

// UsageError that begins with `name` where eval would refuse `words`, or where they name what the sweep decides: model,
// out, shard.
absl::Status CheckEvalFlags(const std::string& name, const std::vector<std::string>& words);

// What scripts/sweep.sh needs to know.
struct SweepSize {
  int64_t runs = 0;
  int64_t threads = 1;  // of the run that has most; 0: all cores
};

// Reads the sweep in `file`, checks all of it, and then writes FOLDER, which holds nothing or an earlier form of the
// same sweep; files that stay as they are keep their times. UsageError where a run would be gone, or differ in what a
// continued run keeps; errors of PlanSweep, CheckEvalFlags and MergeConfigFile; CannotCreate.
absl::StatusOr<SweepSize> WriteSweep(const std::string& file, const ConfigSources& base, const std::string& folder);

// WriteSweep as the flags of train ask for it: --sweep is the file, --out the folder, and what else sets fields is the
// base. UsageError for other flags.
absl::StatusOr<SweepSize> RunSweepTool(const TrainFlags& flags, const RunConfig& fields);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_SWEEP_SWEEP_PLAN_H_
