#include "lib/checkpoint/checkpoint_folders.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/os/folder.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/done_file.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

absl::Status CannotChange(const fs::path& path, const std::error_code& error) {
  return CannotCreateError(absl::StrCat(path.string(), ": ", error.message()));
}

std::string StepName(int64_t step) { return absl::StrFormat("step_%08d", step); }

// The step of a checkpoint by the name of its folder; -1 for any other name.
int64_t StepOf(const std::string& name) {
  absl::string_view number = name;
  int64_t step = 0;
  const bool is_number = absl::ConsumePrefix(&number, "step_") && absl::SimpleAtoi(number, &step);
  return is_number && name == StepName(step) ? step : -1;
}

// The numbers of the run's whole checkpoints, rising.
absl::StatusOr<std::vector<int64_t>> WholeSteps(const fs::path& checkpoints) {
  std::vector<int64_t> steps;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(checkpoints));
  for (const std::string& name : names) {
    const int64_t step = StepOf(name);
    if (step < 0) continue;
    if (CheckExists(checkpoints / name / "DONE").value_or(false)) steps.push_back(step);  // what cannot be told stays
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

fs::path CheckpointsOf(const std::string& run) { return fs::path(run) / "checkpoints"; }

// Where the checkpoint of `step` is written.
fs::path TemporaryFolder(const std::string& run, int64_t step) {
  return CheckpointsOf(run) / absl::StrCat(".", StepName(step), ".tmp");
}

// Removes a checkpoint, DONE first, so that a half-removed one is never taken for whole. Of a link to a folder
// elsewhere only the link.
absl::Status RemoveCheckpoint(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_symlink(folder, error)) fs::remove(folder / "DONE", error);
  if (!error) fs::remove_all(folder, error);
  return error ? CannotChange(folder, error) : absl::OkStatus();
}

// Makes `checkpoints`/`link` point to `name` beside it, in one step.
absl::Status SetLink(const fs::path& checkpoints, const std::string& link, const std::string& name) {
  const fs::path temporary = checkpoints / absl::StrCat(".", link, ".tmp");
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_directory_symlink(name, temporary, error);
  if (!error) fs::rename(temporary, checkpoints / link, error);
  if (error) return CannotChange(temporary, error);
  return SyncFolderOf(temporary.string());
}

// Whether a killed process may have left an entry of `checkpoints`.
absl::StatusOr<bool> IsUnfinished(const fs::path& path) {
  const std::string name = path.filename().string();
  if (absl::StartsWith(name, ".") && absl::EndsWith(name, ".tmp")) return true;
  if (StepOf(name) < 0) return false;
  TALLY_ASSIGN_OR_RETURN(const bool done, CheckExists(path / "DONE"));
  return !done;
}

// The same for an entry of the run's folder: a temporary file of AtomicFile.
absl::StatusOr<bool> IsTemporary(const fs::path& path) {
  const std::string name = path.filename().string();
  return absl::StartsWith(name, ".") && absl::StrContains(name, ".tmp.");
}

absl::Status RemoveEntries(const fs::path& folder, absl::FunctionRef<absl::StatusOr<bool>(const fs::path&)> chosen) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(folder));
  for (const std::string& name : names) {
    TALLY_ASSIGN_OR_RETURN(const bool remove, chosen(folder / name));
    std::error_code error;
    if (remove) fs::remove_all(folder / name, error);
    if (error) return CannotChange(folder / name, error);
  }
  return absl::OkStatus();
}

// Where `latest` points to, as it says; empty where there is no such link.
fs::path LinkedName(const fs::path& checkpoints) {
  std::error_code none;
  return fs::read_symlink(checkpoints / "latest", none);
}

// The newest checkpoint of a run: the whole one that `latest` points to; where the link was lost, or what it points to,
// the whole one of the most steps; else what the link says, which somebody will have to look at; else the reference's
// folder that was changed last. Empty: none.
absl::StatusOr<fs::path> Latest(const fs::path& checkpoints) {
  const fs::path link = checkpoints / "latest";
  TALLY_ASSIGN_OR_RETURN(const bool linked, CheckExists(link / "DONE"));
  if (linked) return link;
  TALLY_ASSIGN_OR_RETURN(const std::vector<int64_t> steps, WholeSteps(checkpoints));
  if (!steps.empty()) return checkpoints / StepName(steps.back());
  if (!LinkedName(checkpoints).empty()) return link;
  fs::path newest;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(checkpoints));
  for (const std::string& name : names) {
    const fs::path folder = checkpoints / name;
    std::error_code error;
    if (!IsReferenceFolder(folder.string())) continue;
    if (newest.empty() || fs::last_write_time(newest, error) < fs::last_write_time(folder, error)) newest = folder;
    if (error) return IoError(absl::StrCat(folder.string(), ": ", error.message()));
  }
  return newest;
}

}  // namespace

bool IsReferenceFolder(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadFile(folder + "/model_config.json", kMaxJsonBytes);
  if (!text.ok()) return false;
  const auto json = ParseJson(*text);
  return json.is_object() && !json.contains("tally");
}

absl::StatusOr<bool> HasCheckpoint(const std::string& run) {
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(CheckpointsOf(run)));
  if (!there) return false;
  TALLY_ASSIGN_OR_RETURN(const fs::path latest, Latest(CheckpointsOf(run)));
  return !latest.empty();
}

absl::StatusOr<std::string> FindCheckpoint(const std::string& path) {
  std::error_code error;
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (!there || !fs::is_directory(path, error)) {
    return MissingInputError(
        absl::StrCat(path, there ? ": is a file" : ": no such folder", ", expected the folder of a run or checkpoint"));
  }
  fs::path folder = path;
  TALLY_ASSIGN_OR_RETURN(const bool is_run, CheckExists(folder / "checkpoints"));
  if (is_run) {
    TALLY_ASSIGN_OR_RETURN(const fs::path latest, Latest(folder / "checkpoints"));
    if (latest.empty()) return MissingInputError(absl::StrCat(path, ": the run has no whole checkpoint yet"));
    folder = fs::canonical(latest, error);
    if (error == std::errc::no_such_file_or_directory) {
      return BadInputError(absl::StrCat(latest.string(), ": points to ", LinkedName(latest.parent_path()).string(),
                                        ", which is not there; without the link the run begins anew"));
    }
    if (error) return IoError(absl::StrCat(latest.string(), ": ", error.message()));
  }
  const bool of_reference = IsReferenceFolder(folder.string());
  TALLY_ASSIGN_OR_RETURN(const bool has_model, CheckExists(folder / "model.safetensors"));
  TALLY_ASSIGN_OR_RETURN(const bool has_pickle, CheckExists(folder / "state_dict.pth"));
  if (!has_model && !(of_reference && has_pickle)) {
    return MissingInputError(absl::StrCat(folder.string(), ": no model.safetensors, expected a run or a checkpoint"));
  }
  TALLY_ASSIGN_OR_RETURN(const bool done, CheckExists(folder / "DONE"));
  if (!done && !of_reference) {
    return BadInputError(absl::StrCat(folder.string(), ": no DONE: the checkpoint was not written to its end"));
  }
  return folder.string();
}

absl::StatusOr<std::string> NewCheckpointFolder(const std::string& run, int64_t step) {
  const fs::path folder = TemporaryFolder(run, step);
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error) return CannotChange(folder, error);
  return folder.string();
}

absl::Status PublishCheckpoint(const std::string& run, int64_t step) {
  const fs::path temporary = TemporaryFolder(run, step), target = CheckpointsOf(run) / StepName(step);
  TALLY_RETURN_IF_ERROR(WriteDoneFile(temporary.string(), step));
  TALLY_RETURN_IF_ERROR(RemoveCheckpoint(target));
  std::error_code error;
  fs::rename(temporary, target, error);
  if (error) return CannotChange(target, error);
  TALLY_RETURN_IF_ERROR(SyncFolderOf(target.string()));
  return SetLink(CheckpointsOf(run), "latest", StepName(step));
}

absl::Status LinkBestCheckpoint(const std::string& run, int64_t step) {
  const fs::path checkpoints = CheckpointsOf(run);
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(checkpoints / StepName(step)));
  return there ? SetLink(checkpoints, "best", StepName(step)) : absl::OkStatus();
}

absl::Status RemoveOldCheckpoints(const std::string& run, const KeepRule& rule) {
  if (rule.last == 0) return absl::OkStatus();
  const fs::path checkpoints = CheckpointsOf(run);
  TALLY_ASSIGN_OR_RETURN(const std::vector<int64_t> steps, WholeSteps(checkpoints));
  for (int64_t i = 0; i + rule.last < static_cast<int64_t>(steps.size()); ++i) {
    const bool multiple = rule.every_steps > 0 && steps[i] % rule.every_steps == 0;
    if (multiple || steps[i] == rule.best || StepName(steps[i]) == LinkedName(checkpoints)) continue;
    TALLY_RETURN_IF_ERROR(RemoveCheckpoint(checkpoints / StepName(steps[i])));
  }
  return absl::OkStatus();
}

absl::Status RemoveUnfinished(const std::string& run) {
  const fs::path checkpoints = CheckpointsOf(run);
  TALLY_ASSIGN_OR_RETURN(const std::vector<int64_t> whole, WholeSteps(checkpoints));
  const fs::path damaged = whole.empty() ? LinkedName(checkpoints) : fs::path();  // all that is left of the run
  TALLY_RETURN_IF_ERROR(RemoveEntries(checkpoints, [&](const fs::path& path) -> absl::StatusOr<bool> {
    if (path.filename() == damaged) return false;
    return IsUnfinished(path);
  }));
  return RemoveEntries(run, IsTemporary);
}

}  // namespace tally
