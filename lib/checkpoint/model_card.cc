#include "lib/checkpoint/model_card.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/config_json.h"
#include "lib/tasks/sampling/tell_apart.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kTasks[] = "tasks";

absl::StatusOr<DigitRange> RangeOf(const Json& tally, const char* key, absl::string_view source) {
  const Json& value = tally.contains(key) ? tally[key] : Json();
  if (value.is_array() && value.size() == 2 && IsInt64(value[0]) && IsInt64(value[1])) {
    return DigitRange{value[0].get<int64_t>(), value[1].get<int64_t>()};
  }
  return BadInputError(
      absl::StrCat(source, ": field tally.", key, ": found ", ShortJson(value), ", expected [shortest, longest]"));
}

// Whether `json` has `key` with a value of the kind that `is` asks for.
bool Has(const Json& json, const char* key, bool (Json::*is)() const noexcept) {
  return json.contains(key) && (json[key].*is)();
}

// What is said of one task: in `tally` itself, or in an entry of its list `tasks`.
absl::StatusOr<TaskFacts> ReadTask(const Json& json, absl::string_view source) {
  if (!Has(json, "task", &Json::is_string) || !Has(json, "digit_order", &Json::is_string)) {
    return BadInputError(absl::StrCat(source, ": field tally: expected task, digit_order and step"));
  }
  TaskFacts facts;
  const std::string layout = Has(json, "layout", &Json::is_string) ? json["layout"].get<std::string>() : "";
  TALLY_ASSIGN_OR_RETURN(facts.format, ParseTaskFormat(json["task"].get<std::string>(),
                                                       json["digit_order"].get<std::string>(), layout, source));
  TALLY_ASSIGN_OR_RETURN(facts.first_operand, RangeOf(json, "trained_first", source));
  TALLY_ASSIGN_OR_RETURN(facts.second_operand, RangeOf(json, "trained_second", source));
  return facts;
}

absl::Status ReadFacts(const Json& tally, absl::string_view source, ModelCard* card) {
  if (!tally.contains("step") || !IsInt64(tally["step"])) {
    return BadInputError(absl::StrCat(source, ": field tally: expected task, digit_order and step"));
  }
  card->step = tally["step"].get<int64_t>();
  const Json tasks =
      Has(tally, kTasks, &Json::is_array) && !tally[kTasks].empty() ? tally[kTasks] : Json::array({tally});
  card->data.tasks.clear();
  for (const Json& task : tasks) {
    TALLY_ASSIGN_OR_RETURN(const TaskFacts facts, ReadTask(task, source));
    card->data.tasks.push_back(facts);
  }
  const std::string clash = FirstClash(FormatsOf(card->data.tasks));
  return clash.empty() ? absl::OkStatus() : BadInputError(absl::StrCat(source, ": field tally.tasks: ", clash));
}

// What ReadTask reads.
void WriteTask(const TaskFacts& facts, Json* json) {
  (*json)["task"] = std::string(facts.format.task->name());
  (*json)["digit_order"] = std::string(DigitOrderName(facts.format.order));
  (*json)["layout"] = LayoutText(facts.format);
}

void WriteLengths(const TaskFacts& facts, Json* json) {
  (*json)["trained_first"] = {facts.first_operand.min, facts.first_operand.max};
  (*json)["trained_second"] = {facts.second_operand.min, facts.second_operand.max};
}

// The tasks of a model that has several.
Json TaskList(const std::vector<TaskFacts>& tasks) {
  Json list = Json::array();
  for (const TaskFacts& facts : tasks) {
    Json& entry = list.emplace_back();
    WriteTask(facts, &entry);
    WriteLengths(facts, &entry);
  }
  return list;
}

}  // namespace

std::string ModelCardToJson(const ModelCard& card) {
  Json json = Json::parse(ModelConfigToJson(card.config));
  Json& tally = json["tally"];
  const std::vector<TaskFacts>& tasks = card.data.tasks;
  if (tasks.size() > 1) tally[kTasks] = TaskList(tasks);
  if (tasks.size() == 1) WriteTask(tasks[0], &tally);
  tally["step"] = card.step;
  if (tasks.size() == 1) WriteLengths(tasks[0], &tally);
  return json.dump(1) + "\n";
}

absl::StatusOr<ModelCard> ReadModelCard(const std::string& folder) {
  const fs::path own = fs::path(folder) / "config.json";
  TALLY_ASSIGN_OR_RETURN(const bool has_own, CheckExists(own));
  const std::string path = has_own ? own.string() : folder + "/model_config.json";
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxJsonBytes));
  ModelCard card;
  TALLY_ASSIGN_OR_RETURN(card.config, ModelConfigFromJson(text, path));
  const Json json = ParseJson<Json>(text);
  if (json.contains("tally")) TALLY_RETURN_IF_ERROR(ReadFacts(json["tally"], path, &card));
  const fs::path tokenizer = fs::path(folder) / "tokenizer.json";
  TALLY_ASSIGN_OR_RETURN(const bool has_tokenizer, CheckExists(tokenizer));
  if (has_tokenizer) {
    TALLY_ASSIGN_OR_RETURN(const std::string vocabulary, ReadFile(tokenizer.string(), kMaxJsonBytes));
    TALLY_ASSIGN_OR_RETURN(card.data.vocabulary, Vocabulary::FromJson(vocabulary, tokenizer.string()));
  } else {
    const absl::StatusOr<Vocabulary> vocabulary = Vocabulary::BySize(card.config.vocabulary_size());
    if (!vocabulary.ok()) return BadInputError(absl::StrCat(path, ": ", vocabulary.status().message()));
    card.data.vocabulary = *vocabulary;
    // The reference has this vocabulary for lines with index hints alone.
    const bool has_hints = !json.contains("tally") && card.data.vocabulary.name() == "index";
    if (has_hints) card.data.tasks[0].format.index_hints = true;
  }
  if (card.data.vocabulary.size() != card.config.vocabulary_size()) {
    return BadInputError(absl::StrCat(path, ": a vocabulary of ", card.config.vocabulary_size(), " tokens, expected ",
                                      card.data.vocabulary.size(), " as in ", card.data.vocabulary.name()));
  }
  return card;
}

}  // namespace tally
