#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/config/options.h"
#include "lib/runs/run_folder.h"
#include "lib/train/sweep/sweep_plan.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

std::string ConfigPath(const std::string& folder, int64_t number) {
  return absl::StrCat(folder, "/configs/", number, ".textproto");
}

// What the configuration has other than the defaults, so that what a run decides for itself stays its own; and all that
// may change when a run continues, defaults too, which it would otherwise keep from before.
absl::StatusOr<RunConfig> WithoutDefaults(const RunConfig& config) {
  RunConfig fixed = config, changed = config;
  ClearWhatMayChangeOnResume(&fixed);
  FillDefaults(&changed);
  KeepWhatMayChangeOnResume(&changed);
  for (const Override& change : Overrides(RunConfig(), fixed, "")) {
    TALLY_RETURN_IF_ERROR(SetConfigField(absl::StrCat(change.path, "=", change.after), &changed));
  }
  return changed;
}

// Leaves a file alone that says the same: whatever is younger than it was made from it.
absl::Status WriteIfOther(const std::string& path, const std::string& text) {
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (there) {
    TALLY_ASSIGN_OR_RETURN(const std::string before, ReadFile(path));
    if (before == text) return absl::OkStatus();
  }
  return WriteFile(path, text);
}

// UsageError where `run` would not be what the sweep's folder has begun under its number.
absl::Status CheckSameAsBefore(const std::string& folder, const PlannedRun& planned) {
  const std::string path = ConfigPath(folder, planned.run.number);
  RunConfig before;
  TALLY_RETURN_IF_ERROR(MergeConfigFile(path, &before));
  const absl::Status same = CheckSameRun(before, planned.config);
  if (same.ok()) return same;
  return UsageError(absl::StrCat(path, ", ", SweepRunName(planned.run), ": ", same.message(),
                                 "; another folder has room for another sweep"));
}

// Gives runs that are in `folder` the numbers that they have there, and others the next ones.
absl::Status NumberAsBefore(const std::string& folder, std::vector<PlannedRun>* runs) {
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(folder + "/runs.jsonl"));
  if (!there) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(const std::vector<SweepRun> before, ReadSweepRuns(folder));
  std::map<std::string, int64_t> numbers;
  for (const SweepRun& run : before) numbers[SweepRunName(run)] = run.number;
  auto next = static_cast<int64_t>(before.size()) + 1;
  for (PlannedRun& planned : *runs) {
    const auto found = numbers.find(SweepRunName(planned.run));
    planned.run.number = found == numbers.end() ? next++ : found->second;
    if (found == numbers.end()) continue;
    TALLY_RETURN_IF_ERROR(CheckSameAsBefore(folder, planned));
    numbers.erase(found);
  }
  std::sort(runs->begin(), runs->end(),
            [](const PlannedRun& a, const PlannedRun& b) { return a.run.number < b.run.number; });
  if (numbers.empty()) return absl::OkStatus();
  return UsageError(absl::StrCat(folder, "/runs.jsonl: run ", numbers.begin()->second, " (", numbers.begin()->first,
                                 ") is not in the sweep any more; another folder has room for another sweep"));
}

absl::Status WriteEvalFlags(const std::string& folder, const std::vector<std::string>& flags) {
  const std::string path = folder + "/eval.txt";
  if (!flags.empty()) return WriteIfOther(path, absl::StrCat(absl::StrJoin(flags, "\n"), "\n"));
  std::error_code error;
  fs::remove(path, error);
  return error ? CannotCreateError(absl::StrCat(path, ": ", error.message())) : absl::OkStatus();
}

absl::Status WriteFolder(const std::string& folder, const std::vector<PlannedRun>& runs,
                         const std::vector<std::string>& eval_flags) {
  std::error_code error;
  fs::create_directories(folder + "/configs", error);
  if (error) return CannotCreateError(absl::StrCat(folder, "/configs: ", error.message()));
  std::string lines;
  for (const PlannedRun& planned : runs) {
    TALLY_ASSIGN_OR_RETURN(const RunConfig config, WithoutDefaults(planned.config));
    TALLY_RETURN_IF_ERROR(WriteIfOther(ConfigPath(folder, planned.run.number), PrintConfig(config)));
    absl::StrAppend(&lines, SweepRunToJson(planned.run), "\n");
  }
  TALLY_RETURN_IF_ERROR(WriteEvalFlags(folder, eval_flags));
  return WriteIfOther(folder + "/runs.jsonl", lines);
}

}  // namespace

absl::StatusOr<SweepSize> WriteSweep(const std::string& file, const ConfigSources& base, const std::string& folder) {
  Sweep sweep;
  TALLY_RETURN_IF_ERROR(MergeConfigFile(file, &sweep));
  const std::vector<std::string> eval_flags(sweep.eval().begin(), sweep.eval().end());
  TALLY_RETURN_IF_ERROR(CheckEvalFlags(file, eval_flags));
  TALLY_ASSIGN_OR_RETURN(std::vector<PlannedRun> runs, PlanSweep(file, sweep, base));
  TALLY_RETURN_IF_ERROR(NumberAsBefore(folder, &runs));
  TALLY_RETURN_IF_ERROR(WriteFolder(folder, runs, eval_flags));
  SweepSize size = {static_cast<int64_t>(runs.size()), 1};
  for (const PlannedRun& planned : runs) {
    const int64_t threads = planned.config.train().threads();
    size.threads = threads == 0 || size.threads == 0 ? 0 : std::max(size.threads, threads);
  }
  return size;
}

absl::StatusOr<SweepSize> RunSweepTool(const TrainFlags& flags, const RunConfig& fields) {
  for (const Override& flag : Overrides(TrainFlags(), flags, "")) {
    if (flag.path == "sweep" || flag.path == "out" || flag.path == "config" || flag.path == "set") continue;
    return UsageError(absl::StrCat("--", flag.path, " has no meaning with --sweep; expected flags that set fields"));
  }
  if (flags.out().empty()) return UsageError("--out is missing; expected the folder of the sweep");
  ConfigSources base;
  base.files.assign(flags.config().begin(), flags.config().end());
  base.assignments.assign(flags.set().begin(), flags.set().end());
  base.flags = fields;
  return WriteSweep(flags.sweep(), base, flags.out());
}

}  // namespace tally
