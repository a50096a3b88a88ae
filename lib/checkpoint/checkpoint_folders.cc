#include "lib/checkpoint/checkpoint_folders.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/done_file.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

absl::Status CannotChange(const fs::path& path, const std::error_code& error) {
  return CannotCreateError(absl::StrCat(path.string(), ": ", error.message()));
}

// The numbers of the run's whole checkpoints, rising.
std::vector<int64_t> WholeSteps(const fs::path& checkpoints) {
  std::vector<int64_t> steps;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints, error)) {
    absl::string_view name;
    const std::string file_name = entry.path().filename().string();
    name = file_name;
    int64_t step = 0;
    if (absl::ConsumePrefix(&name, "step_") && absl::SimpleAtoi(name, &step) && PathExists(entry.path() / "DONE")) {
      steps.push_back(step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::string StepName(int64_t step) { return absl::StrFormat("step_%08d", step); }

fs::path CheckpointsOf(const std::string& run) { return fs::path(run) / "checkpoints"; }

// Where the checkpoint of `step` is written.
fs::path TemporaryFolder(const std::string& run, int64_t step) {
  return CheckpointsOf(run) / absl::StrCat(".", StepName(step), ".tmp");
}

// Removes a checkpoint, DONE first, so that a half-removed one is never taken for whole.
absl::Status RemoveCheckpoint(const fs::path& folder) {
  std::error_code error;
  fs::remove(folder / "DONE", error);
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
bool IsUnfinished(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  if (absl::StartsWith(name, ".") && absl::EndsWith(name, ".tmp")) return true;
  return absl::StartsWith(name, "step_") && !PathExists(entry.path() / "DONE");
}

// The same for an entry of the run's folder: a temporary file of AtomicFile.
bool IsTemporary(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return absl::StartsWith(name, ".") && absl::StrContains(name, ".tmp.");
}

absl::Status RemoveEntries(const fs::path& folder, bool (*chosen)(const fs::directory_entry&)) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (chosen(entry)) paths.push_back(entry.path());
  }
  for (const fs::path& path : paths) {
    fs::remove_all(path, error);
    if (error) return CannotChange(path, error);
  }
  return absl::OkStatus();
}

// The newest checkpoint of a run: Tally's link, or the reference's folder that was changed last. Empty: none.
fs::path Latest(const fs::path& checkpoints) {
  if (PathExists(checkpoints / "latest")) return checkpoints / "latest";
  fs::path newest;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints, error)) {
    if (!IsReferenceFolder(entry.path().string())) continue;
    if (newest.empty() || fs::last_write_time(newest, error) < entry.last_write_time(error)) newest = entry.path();
  }
  return newest;
}

}  // namespace

bool PathExists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool IsReferenceFolder(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadFile(folder + "/model_config.json");
  if (!text.ok()) return false;
  const auto json = nlohmann::json::parse(*text, /*callback=*/nullptr, /*allow_exceptions=*/false);
  return json.is_object() && !json.contains("tally");
}

absl::StatusOr<std::string> FindCheckpoint(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return MissingInputError(absl::StrCat(path, ": no such folder, expected a run or a checkpoint"));
  }
  fs::path folder = path;
  if (PathExists(folder / "checkpoints")) {
    const fs::path latest = Latest(folder / "checkpoints");
    if (latest.empty()) return MissingInputError(absl::StrCat(path, ": the run has no whole checkpoint yet"));
    folder = fs::canonical(latest, error);
    if (error) return MissingInputError(absl::StrCat(latest.string(), ": ", error.message()));
  }
  const bool of_reference = IsReferenceFolder(folder.string());
  if (!PathExists(folder / "model.safetensors") && !(of_reference && PathExists(folder / "state_dict.pth"))) {
    return MissingInputError(absl::StrCat(folder.string(), ": no model.safetensors, expected a run or a checkpoint"));
  }
  if (!PathExists(folder / "DONE") && !of_reference) {
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
  return PathExists(checkpoints / StepName(step)) ? SetLink(checkpoints, "best", StepName(step)) : absl::OkStatus();
}

absl::Status RemoveOldCheckpoints(const std::string& run, const KeepRule& rule) {
  if (rule.last == 0) return absl::OkStatus();
  const fs::path checkpoints = CheckpointsOf(run);
  const std::vector<int64_t> steps = WholeSteps(checkpoints);
  for (int64_t i = 0; i + rule.last < static_cast<int64_t>(steps.size()); ++i) {
    const bool multiple = rule.every_steps > 0 && steps[i] % rule.every_steps == 0;
    if (multiple || steps[i] == rule.best) continue;
    TALLY_RETURN_IF_ERROR(RemoveCheckpoint(checkpoints / StepName(steps[i])));
  }
  return absl::OkStatus();
}

absl::Status RemoveUnfinished(const std::string& run) {
  TALLY_RETURN_IF_ERROR(RemoveEntries(CheckpointsOf(run), IsUnfinished));
  return RemoveEntries(run, IsTemporary);
}

}  // namespace tally
