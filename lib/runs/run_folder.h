// What the folder of a training run holds beside metrics (metrics.h) and checkpoints (lib/checkpoint). Torch-free.
//
//   RUN/config.textproto  the resolved RunConfig, and below it a hash line (lib/checkpoint/done_file.h)
//   RUN/overrides.txt     what was asked for; the configuration says what it came to
//
// A run that continues keeps its configuration, apart from how long it runs and what it reports.
#ifndef TALLY_LIB_RUNS_RUN_FOLDER_H_
#define TALLY_LIB_RUNS_RUN_FOLDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/config/config.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// Whether `run` already holds a configuration. IoError where that cannot be told.
absl::StatusOr<bool> RunExists(const std::string& run);

// CannotCreate where a new run, or with `resume` the run there, may not be trained in the folder `run`: it holds a run
// and `resume` is not set; or it holds a model (one of the reference, a checkpoint, a folder of checkpoints) that no
// run of Tally's made there, which a fresh model must not be mixed with. The message names what was found and what to
// do.
absl::Status CheckMayTrainIn(const std::string& run, bool resume);

// The configuration in `run`, brought to the newest format (lib/model/validate.h). MissingInput, UsageError for
// text that is none, BadInput for a format that is newer than this program, and for lines other than those of which the
// last one holds the hash (lib/checkpoint/done_file.h). With `accept_edits` the hash is not looked at; format 0 has
// none.
absl::StatusOr<RunConfig> ReadRunConfig(const std::string& run, bool accept_edits = false);

// UsageError where a continued run would have other data than `run` was started with; the message ends in `otherwise`.
absl::Status CheckSameData(const RunConfig& started, const RunConfig& now, absl::string_view otherwise);

// UsageError naming the first field in which a continued run would differ from what `run` was started with. Fields
// whose options say may_change_on_resume may differ.
absl::Status CheckSameRun(const RunConfig& started, const RunConfig& now);

// UsageError where the configuration is invalid: no budget, negative sizes, a learning rate that is not a number.
absl::Status ValidateTrainConfig(const TrainConfig& config);

// Makes the folder and writes its configuration, every field of it.
absl::Status WriteRunConfig(const std::string& run, const RunConfig& config);

// Adds to RUN/overrides.txt what a process that starts the run, or continues it after `step` steps, overrode: in the
// defaults, or in the configuration of the run so far. A line that says so, then one for each change. Nothing where a
// run continues without changes. The file is whole after a crash.
absl::Status LogOverrides(const std::string& run, int64_t step, const std::vector<Override>& overrides);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_RUN_FOLDER_H_
