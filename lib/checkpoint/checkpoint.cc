#include "lib/checkpoint/checkpoint.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/done_file.h"
#include "lib/checkpoint/model_tensors.h"
#include "lib/checkpoint/state_dict.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

// The files that make a model.
std::vector<std::string> ModelFiles() { return {"config.json", "tokenizer.json", "model.safetensors"}; }

}  // namespace

std::vector<std::string> CheckpointFiles() {
  std::vector<std::string> files = ModelFiles();
  files.push_back("trainer.safetensors");
  return files;
}

absl::StatusOr<LoadedModel> LoadModel(const std::string& path, bool accept_edits) {
  LoadedModel loaded;
  TALLY_ASSIGN_OR_RETURN(loaded.folder, FindCheckpoint(path));
  if (!accept_edits) TALLY_RETURN_IF_ERROR(CheckDoneFile(loaded.folder, ModelFiles()));
  TALLY_ASSIGN_OR_RETURN(loaded.card, ReadModelCard(loaded.folder));
  absl::StatusOr<std::unique_ptr<Model>> model = Model::Create(loaded.card.config, /*seed=*/0);
  if (!model.ok()) return BadInputError(absl::StrCat(loaded.folder, ": config.json: ", model.status().message()));
  loaded.model = *std::move(model);
  const std::string safetensors = loaded.folder + "/model.safetensors", pickle = loaded.folder + "/state_dict.pth";
  TALLY_ASSIGN_OR_RETURN(const bool has_safetensors, CheckExists(safetensors));
  loaded.weights_file = has_safetensors ? safetensors : pickle;
  if (loaded.weights_file == pickle) {
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
  TALLY_ASSIGN_OR_RETURN(const fs::path folder, NewCheckpointFolder(run, card.step));
  const auto in = [&](const char* file) { return (folder / file).string(); };
  DerivedTensors derived(card.config);
  std::vector<at::Tensor> copies;
  std::map<std::string, TensorView> tensors = ParameterViews(model, &copies);
  derived.AddTo(&tensors);
  TALLY_RETURN_IF_ERROR(WriteSafetensors(in("model.safetensors"), tensors, {{"format", "pt"}}));
  TALLY_RETURN_IF_ERROR(WriteFile(in("config.json"), ModelCardToJson(card)));
  std::error_code error;
  fs::create_symlink("config.json", in("model_config.json"), error);
  if (error) return CannotCreateError(absl::StrCat(in("model_config.json"), ": ", error.message()));
  TALLY_RETURN_IF_ERROR(WriteFile(in("tokenizer.json"), card.data.vocabulary.ToJson()));
  TALLY_RETURN_IF_ERROR(
      WriteSafetensors(in("trainer.safetensors"), UnderNamesInFiles(model, trainer), trainer_metadata));
  return PublishCheckpoint(run, card.step);
}

}  // namespace tally
