#include "lib/checkpoint/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/derived_tensors.h"
#include "lib/checkpoint/model_tensors.h"
#include "lib/checkpoint/state_dict.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

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
    if (absl::ConsumePrefix(&name, "step_") && absl::SimpleAtoi(name, &step) && Exists(entry.path() / "DONE")) {
      steps.push_back(step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::string StepName(int64_t step) { return absl::StrFormat("step_%08d", step); }

// Steps 3 and 4 of the protocol.
absl::Status Publish(const fs::path& temporary, const fs::path& checkpoints, const std::string& name) {
  std::error_code error;
  const fs::path target = checkpoints / name;
  fs::remove_all(target, error);
  if (!error) fs::rename(temporary, target, error);
  if (error) return CannotChange(target, error);
  TALLY_RETURN_IF_ERROR(SyncFolderOf(target.string()));
  const fs::path link = checkpoints / ".latest.tmp";
  fs::remove(link, error);
  fs::create_directory_symlink(name, link, error);
  if (!error) fs::rename(link, checkpoints / "latest", error);
  if (error) return CannotChange(link, error);
  return SyncFolderOf(link.string());
}

// The newest checkpoint of a run: Tally's link, or the reference's folder that was changed last. Empty: none.
fs::path Latest(const fs::path& checkpoints) {
  if (Exists(checkpoints / "latest")) return checkpoints / "latest";
  fs::path newest;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints, error)) {
    if (!IsReferenceFolder(entry.path().string())) continue;
    if (newest.empty() || fs::last_write_time(newest, error) < entry.last_write_time(error)) newest = entry.path();
  }
  return newest;
}

}  // namespace

absl::StatusOr<std::string> FindCheckpoint(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return MissingInputError(absl::StrCat(path, ": no such folder, expected a run or a checkpoint"));
  }
  fs::path folder = path;
  if (Exists(folder / "checkpoints")) {
    const fs::path latest = Latest(folder / "checkpoints");
    if (latest.empty()) return MissingInputError(absl::StrCat(path, ": the run has no whole checkpoint yet"));
    folder = fs::canonical(latest, error);
    if (error) return MissingInputError(absl::StrCat(latest.string(), ": ", error.message()));
  }
  const bool of_reference = IsReferenceFolder(folder.string());
  if (!Exists(folder / "model.safetensors") && !(of_reference && Exists(folder / "state_dict.pth"))) {
    return MissingInputError(absl::StrCat(folder.string(), ": no model.safetensors, expected a run or a checkpoint"));
  }
  if (!Exists(folder / "DONE") && !of_reference) {
    return BadInputError(absl::StrCat(folder.string(), ": no DONE: the checkpoint was not written to its end"));
  }
  return folder.string();
}

absl::StatusOr<LoadedModel> LoadModel(const std::string& path) {
  LoadedModel loaded;
  TALLY_ASSIGN_OR_RETURN(loaded.folder, FindCheckpoint(path));
  TALLY_ASSIGN_OR_RETURN(loaded.card, ReadModelCard(loaded.folder));
  absl::StatusOr<std::unique_ptr<Model>> model = Model::Create(loaded.card.config, /*seed=*/0);
  if (!model.ok()) return BadInputError(absl::StrCat(loaded.folder, ": config.json: ", model.status().message()));
  loaded.model = *std::move(model);
  const std::string safetensors = loaded.folder + "/model.safetensors", pickle = loaded.folder + "/state_dict.pth";
  if (!Exists(safetensors)) {
    TALLY_ASSIGN_OR_RETURN(const StateDict state, StateDict::Read(pickle));
    TALLY_RETURN_IF_ERROR(LoadParameters(state.tensors(), pickle, loaded.model.get()));
    return loaded;
  }
  TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(safetensors));
  TALLY_RETURN_IF_ERROR(LoadParameters(file->tensors(), safetensors, loaded.model.get()));
  return loaded;
}

absl::Status SaveCheckpoint(const std::string& run, const ModelCard& card, const Model& model,
                            const std::map<std::string, TensorView>& trainer,
                            const std::map<std::string, std::string>& trainer_metadata) {
  const fs::path checkpoints = fs::path(run) / "checkpoints";
  const std::string name = StepName(card.step);
  const fs::path temporary = checkpoints / absl::StrCat(".", name, ".tmp");
  std::error_code error;
  fs::remove_all(temporary, error);
  fs::create_directories(temporary, error);
  if (error) return CannotChange(temporary, error);
  const auto in = [&](const char* file) { return (temporary / file).string(); };
  DerivedTensors derived(card.config);
  std::map<std::string, TensorView> tensors = ParameterViews(model);
  derived.AddTo(&tensors);
  TALLY_RETURN_IF_ERROR(WriteSafetensors(in("model.safetensors"), tensors, {{"format", "pt"}}));
  TALLY_RETURN_IF_ERROR(WriteFile(in("config.json"), ModelCardToJson(card)));
  fs::create_symlink("config.json", in("model_config.json"), error);
  if (error) return CannotChange(temporary, error);
  TALLY_RETURN_IF_ERROR(WriteFile(in("tokenizer.json"), card.vocabulary.ToJson()));
  TALLY_RETURN_IF_ERROR(WriteSafetensors(in("trainer.safetensors"), trainer, trainer_metadata));
  TALLY_RETURN_IF_ERROR(WriteFile(in("DONE"), absl::StrCat("step ", card.step, "\n")));
  return Publish(temporary, checkpoints, name);
}

absl::Status RemoveOldCheckpoints(const std::string& run, int64_t keep) {
  const fs::path checkpoints = fs::path(run) / "checkpoints";
  std::vector<int64_t> steps = WholeSteps(checkpoints);
  for (int64_t i = 0; i + keep < static_cast<int64_t>(steps.size()); ++i) {
    std::error_code error;
    const fs::path folder = checkpoints / StepName(steps[i]);
    // Without DONE first, so that a half-removed folder is never taken for a whole one.
    fs::remove(folder / "DONE", error);
    if (!error) fs::remove_all(folder, error);
    if (error) return CannotChange(folder, error);
  }
  return absl::OkStatus();
}

}  // namespace tally
