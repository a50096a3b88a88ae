#include "lib/tokenizer/vocabulary.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

constexpr char kArithmeticName[] = "pad";
constexpr absl::string_view kArithmeticCharacters = "0123456789+-x= ";

bool IsLeftOut(int64_t id) { return id == kPadId || id == kBeginId || id == kEndId; }

}  // namespace

Vocabulary Vocabulary::Arithmetic() {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[BOS]", "[EOS]"};
  for (const char c : kArithmeticCharacters) tokens.emplace_back(1, c);
  return Vocabulary(kArithmeticName, std::move(tokens));
}

Vocabulary::Vocabulary(std::string name, std::vector<std::string> tokens)
    : name_(std::move(name)), tokens_(std::move(tokens)) {
  std::fill(std::begin(id_of_byte_), std::end(id_of_byte_), int16_t{-1});
  for (int id = kFirstDigitId; id < size(); ++id) {
    const std::string& token = tokens_[id];
    if (token == "=") equals_id_ = static_cast<uint8_t>(id);
    // The reference has a token for the space, but never makes it: it pads with spaces.
    id_of_byte_[static_cast<uint8_t>(token[0])] = static_cast<int16_t>(token == " " ? kPadId : id);
  }
}

absl::StatusOr<Vocabulary> Vocabulary::ByName(absl::string_view name) {
  if (name == kArithmeticName) return Arithmetic();
  return UsageError(absl::StrCat("unknown vocabulary \"", absl::CHexEscape(name), "\", expected ", kArithmeticName,
                                 DidYouMean(name, {kArithmeticName})));
}

absl::StatusOr<Vocabulary> Vocabulary::FromJson(absl::string_view json, absl::string_view source) {
  const auto document = nlohmann::json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  const auto error = [&](absl::string_view found) {
    return BadInputError(absl::StrCat(source, ": found ", found,
                                      ", expected {\"type\": \"pad\", \"tokens\": [...]} with the tokens of \"pad\""));
  };
  if (!document.is_object() || !document.contains("type") || !document.contains("tokens")) {
    return error("no JSON object with type and tokens");
  }
  if (!document["type"].is_string()) return error("a type that is no text");
  const absl::StatusOr<Vocabulary> known = ByName(document["type"].get<std::string>());
  if (!known.ok()) return error(known.status().message());
  const nlohmann::json& tokens = document["tokens"];
  if (!tokens.is_array() || tokens.size() != known->tokens_.size()) return error("tokens of another number");
  for (int id = 0; id < known->size(); ++id) {
    if (tokens[id] != known->tokens_[id]) return error(absl::StrCat("another token for id ", id));
  }
  return known;
}

std::string Vocabulary::ToJson() const { return nlohmann::ordered_json({{"type", name_}, {"tokens", tokens_}}).dump(); }

absl::Status Vocabulary::Encode(absl::string_view text, std::vector<uint8_t>* ids) const {
  const size_t before = ids->size();
  ids->resize(before + text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int16_t id = id_of_byte_[static_cast<uint8_t>(text[i])];
    if (id < 0) {
      ids->resize(before);
      return BadInputError(absl::StrCat("byte ", i + 1, ": found '", absl::CHexEscape(text.substr(i, 1)),
                                        "', expected one of \"", kArithmeticCharacters, "\""));
    }
    (*ids)[before + i] = static_cast<uint8_t>(id);
  }
  return absl::OkStatus();
}

std::string Vocabulary::Decode(const int64_t* ids, int64_t count) const {
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    if (!IsLeftOut(ids[i])) absl::StrAppend(&text, TokenText(ids[i]));
  }
  return text;
}

std::string Vocabulary::Decode(const std::vector<uint8_t>& ids) const {
  const std::vector<int64_t> wide(ids.begin(), ids.end());
  return Decode(wide.data(), wide.size());
}

absl::string_view Vocabulary::TokenText(int64_t id) const {
  return id >= 0 && id < size() ? absl::string_view(tokens_[id]) : "?";
}

}  // namespace tally
