#include "lib/checkpoint/checkpoint.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/config_json.h"
#include "lib/checkpoint/derived_tensors.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// The card's facts that are not part of the architecture, under "tally" in config.json.
std::string CardToJson(const ModelCard& card) {
  Json json = Json::parse(ModelConfigToJson(card.config));
  Json& tally = json["tally"];
  tally["task"] = card.task;
  tally["digit_order"] = std::string(DigitOrderName(card.digit_order));
  tally["step"] = card.step;
  tally["trained_first"] = {card.trained_first.min, card.trained_first.max};
  tally["trained_second"] = {card.trained_second.min, card.trained_second.max};
  return json.dump(1) + "\n";
}

absl::StatusOr<DigitRange> RangeOf(const Json& tally, const char* key, absl::string_view source) {
  const Json& value = tally.contains(key) ? tally[key] : Json();
  if (value.is_array() && value.size() == 2 && value[0].is_number_integer() && value[1].is_number_integer()) {
    return DigitRange{value[0].get<int64_t>(), value[1].get<int64_t>()};
  }
  return BadInputError(
      absl::StrCat(source, ": field tally.", key, ": found ", value.dump(), ", expected [shortest, longest]"));
}

absl::Status ReadFacts(const Json& tally, absl::string_view source, ModelCard* card) {
  const auto has = [&](const char* key, bool (Json::*is)() const noexcept) {
    return tally.contains(key) && (tally[key].*is)();
  };
  if (!has("task", &Json::is_string) || !has("digit_order", &Json::is_string) ||
      !has("step", &Json::is_number_integer)) {
    return BadInputError(absl::StrCat(source, ": field tally: expected task, digit_order and step"));
  }
  card->task = tally["task"].get<std::string>();
  card->step = tally["step"].get<int64_t>();
  TALLY_ASSIGN_OR_RETURN(card->digit_order, ParseDigitOrder(tally["digit_order"].get<std::string>()));
  TALLY_ASSIGN_OR_RETURN(card->trained_first, RangeOf(tally, "trained_first", source));
  TALLY_ASSIGN_OR_RETURN(card->trained_second, RangeOf(tally, "trained_second", source));
  return absl::OkStatus();
}

absl::StatusOr<ModelCard> ReadCard(const fs::path& folder) {
  const fs::path own = folder / "config.json";
  const std::string path = Exists(own) ? own.string() : (folder / "model_config.json").string();
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ModelCard card;
  TALLY_ASSIGN_OR_RETURN(card.config, ModelConfigFromJson(text, path));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.contains("tally")) TALLY_RETURN_IF_ERROR(ReadFacts(json["tally"], path, &card));
  const fs::path tokenizer = folder / "tokenizer.json";
  if (Exists(tokenizer)) {
    TALLY_ASSIGN_OR_RETURN(const std::string vocabulary, ReadFile(tokenizer.string()));
    TALLY_ASSIGN_OR_RETURN(card.vocabulary, Vocabulary::FromJson(vocabulary, tokenizer.string()));
  }
  if (!Exists(tokenizer)) {
    const absl::StatusOr<Vocabulary> vocabulary = Vocabulary::BySize(card.config.vocabulary_size());
    if (!vocabulary.ok()) return BadInputError(absl::StrCat(path, ": ", vocabulary.status().message()));
    card.vocabulary = *vocabulary;
  }
  if (card.vocabulary.size() != card.config.vocabulary_size()) {
    return BadInputError(absl::StrCat(path, ": a vocabulary of ", card.config.vocabulary_size(), " tokens, expected ",
                                      card.vocabulary.size(), " as in ", card.vocabulary.name()));
  }
  return card;
}

std::string ShapeText(at::IntArrayRef shape) {
  return absl::StrCat("[", absl::StrJoin(shape.begin(), shape.end(), ", "), "]");
}

// The reference stores these beside the parameters; they follow from the configuration.
bool IsDerived(absl::string_view name) {
  return absl::EndsWith(name, ".position_ids") || absl::EndsWith(name, ".norm_factor") ||
         absl::EndsWith(name, ".inv_freq");
}

// The parameter's name for a name in a file: the reference prefixes names in distributed training, and leaves a part
// out where a run did not compile its block.
std::string ParameterName(absl::string_view name) {
  absl::ConsumePrefix(&name, "module.");
  if (absl::StrContains(name, "._orig_mod.")) return std::string(name);
  for (const absl::string_view block : {"encoder.recurrent_block", "encoder.recurrent_blocks"}) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, absl::StrCat(block, "."))) continue;
    std::string number;  // of a separate block
    while (!rest.empty() && absl::ascii_isdigit(rest[0])) {
      number += rest[0];
      rest.remove_prefix(1);
    }
    if (number.empty()) return absl::StrCat(block, "._orig_mod.", rest);
    return absl::StrCat(block, ".", number, "._orig_mod", rest);
  }
  return std::string(name);
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

}  // namespace

absl::StatusOr<std::string> FindCheckpoint(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return MissingInputError(absl::StrCat(path, ": no such folder, expected a run or a checkpoint"));
  }
  fs::path folder = path;
  if (Exists(folder / "checkpoints")) {
    const fs::path latest = folder / "checkpoints" / "latest";
    if (!Exists(latest)) return MissingInputError(absl::StrCat(path, ": the run has no whole checkpoint yet"));
    folder = fs::canonical(latest, error);
    if (error) return MissingInputError(absl::StrCat(latest.string(), ": ", error.message()));
  }
  if (!Exists(folder / "model.safetensors")) {
    return MissingInputError(absl::StrCat(folder.string(), ": no model.safetensors, expected a run or a checkpoint"));
  }
  if (!Exists(folder / "DONE") && !Exists(folder / "model_config.json")) {
    return BadInputError(absl::StrCat(folder.string(), ": no DONE: the checkpoint was not written to its end"));
  }
  return folder.string();
}

std::map<std::string, TensorView> ParameterViews(const Model& model) {
  std::map<std::string, TensorView> views;
  for (const Parameter& parameter : model.parameters().entries()) {
    const at::Tensor& tensor = parameter.tensor;
    views[parameter.name] = {DType::kF32, tensor.sizes().vec(),
                             absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())};
  }
  for (const auto& [alias, name] : model.parameters().aliases()) views[alias] = views.at(name);
  return views;
}

absl::Status LoadParameters(const SafetensorsFile& file, Model* model) {
  const Parameters& parameters = model->parameters();
  std::map<std::string, std::string> names;  // parameter -> its name in the file
  for (const auto& [name, view] : file.tensors()) {
    const std::string parameter = ParameterName(name);
    if (parameters.Find(parameter) != nullptr) {
      names[parameter] = name;
    } else if (const auto alias = parameters.aliases().find(parameter); alias != parameters.aliases().end()) {
      names.insert({alias->second, name});
    } else if (!IsDerived(name)) {
      return BadInputError(absl::StrCat(file.path(), ": tensor ", name, " is no parameter of this model"));
    }
  }
  for (const Parameter& parameter : parameters.entries()) {
    const auto name = names.find(parameter.name);
    TALLY_ASSIGN_OR_RETURN(const TensorView view,
                           file.Find(name == names.end() ? parameter.name : name->second, DType::kF32));
    if (view.shape != parameter.tensor.sizes().vec()) {
      return BadInputError(absl::StrCat(file.path(), ": tensor ", parameter.name, ": found shape ",
                                        ShapeText(view.shape), ", expected ", ShapeText(parameter.tensor.sizes())));
    }
    std::memcpy(parameter.tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadedModel> LoadModel(const std::string& path) {
  LoadedModel loaded;
  TALLY_ASSIGN_OR_RETURN(loaded.folder, FindCheckpoint(path));
  TALLY_ASSIGN_OR_RETURN(loaded.card, ReadCard(loaded.folder));
  TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(loaded.folder + "/model.safetensors"));
  absl::StatusOr<std::unique_ptr<Model>> model = Model::Create(loaded.card.config, /*seed=*/0);
  if (!model.ok()) return BadInputError(absl::StrCat(loaded.folder, ": config.json: ", model.status().message()));
  loaded.model = *std::move(model);
  TALLY_RETURN_IF_ERROR(LoadParameters(*file, loaded.model.get()));
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
  TALLY_RETURN_IF_ERROR(WriteFile(in("config.json"), CardToJson(card)));
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
