#include "lib/checkpoint/model_card.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/checkpoint_folders.h"
#include "lib/checkpoint/config_json.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

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
  TALLY_ASSIGN_OR_RETURN(card->format.task, FindTask(tally["task"].get<std::string>()));
  card->step = tally["step"].get<int64_t>();
  TALLY_ASSIGN_OR_RETURN(card->format.order, ParseDigitOrder(tally["digit_order"].get<std::string>()));
  if (has("layout", &Json::is_string)) {
    TALLY_RETURN_IF_ERROR(ParseLayout(tally["layout"].get<std::string>(), &card->format));
  }
  TALLY_ASSIGN_OR_RETURN(card->trained_first, RangeOf(tally, "trained_first", source));
  TALLY_ASSIGN_OR_RETURN(card->trained_second, RangeOf(tally, "trained_second", source));
  return absl::OkStatus();
}

}  // namespace

std::string ModelCardToJson(const ModelCard& card) {
  Json json = Json::parse(ModelConfigToJson(card.config));
  Json& tally = json["tally"];
  tally["task"] = std::string(card.format.task->name());
  tally["digit_order"] = std::string(DigitOrderName(card.format.order));
  tally["layout"] = LayoutText(card.format);
  tally["step"] = card.step;
  tally["trained_first"] = {card.trained_first.min, card.trained_first.max};
  tally["trained_second"] = {card.trained_second.min, card.trained_second.max};
  return json.dump(1) + "\n";
}

absl::StatusOr<ModelCard> ReadModelCard(const std::string& folder) {
  const fs::path own = fs::path(folder) / "config.json";
  const std::string path = PathExists(own) ? own.string() : folder + "/model_config.json";
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ModelCard card;
  TALLY_ASSIGN_OR_RETURN(card.config, ModelConfigFromJson(text, path));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.contains("tally")) TALLY_RETURN_IF_ERROR(ReadFacts(json["tally"], path, &card));
  const fs::path tokenizer = fs::path(folder) / "tokenizer.json";
  if (PathExists(tokenizer)) {
    TALLY_ASSIGN_OR_RETURN(const std::string vocabulary, ReadFile(tokenizer.string()));
    TALLY_ASSIGN_OR_RETURN(card.vocabulary, Vocabulary::FromJson(vocabulary, tokenizer.string()));
  }
  if (!PathExists(tokenizer)) {
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

}  // namespace tally
