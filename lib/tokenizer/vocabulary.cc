#include "lib/tokenizer/vocabulary.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/nearest.h"
#include "lib/base/utf8.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

// Names and characters in order of id, from the first after the specials.
constexpr std::pair<absl::string_view, absl::string_view> kKnown[] = {
    {"pad", "0123456789+-x= "},
    {"index",
     "0123456789+-x= ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwyz!@£#$%^&*()~?.,<>{}[]:;/|"
     "βΓΔδεζηθκΛλμΞξΠπΣςτΦφχΨψΩω"},
    {"sort",
     "0123456789D,:= ABCEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwyz!@£#$%^&*()~?.<>{}[];/|"
     "βΓΔδεζηθκΛλμΞξΠπΣςτΦφχΨψΩω"},
    // "pad", then what the lines of other tasks are written with, and symbols for tasks to come: an id never changes.
    {"tasks", "0123456789+-x= #@~%&^!?*/<>|$:;,.()[]{}_"},
    // "tasks", then what "index" and "sort" have besides.
    {"all",
     "0123456789+-x= #@~%&^!?*/<>|$:;,.()[]{}_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwyz£"
     "βΓΔδεζηθκΛλμΞξΠπΣςτΦφχΨψΩω"},
};

constexpr char kCustom[] = "custom";

bool IsSpecial(int64_t id) { return id == kPadId || id == kBeginId || id == kEndId; }

std::vector<std::string> KnownNames() {
  std::vector<std::string> names;
  for (const auto& [name, characters] : kKnown) names.emplace_back(name);
  return names;
}

}  // namespace

Vocabulary Vocabulary::Arithmetic() { return Vocabulary(kKnown[0].first, kKnown[0].second); }

Vocabulary::Vocabulary(absl::string_view name, absl::string_view characters)
    : name_(name), characters_(characters), tokens_({"[PAD]", "[UNK]", "[BOS]", "[EOS]"}) {
  std::fill(std::begin(id_of_byte_), std::end(id_of_byte_), int16_t{-1});
  for (size_t at = 0; at < characters.size(); at += tokens_.back().size()) {
    const std::string token(characters.substr(at, CharacterLength(characters[at])));
    const uint8_t id = static_cast<uint8_t>(tokens_.size());
    if (token == "=") equals_id_ = id;
    if (token.size() > 1) {
      long_ids_[token] = id;
    } else {
      // The reference has a token for the space, but never makes it: it pads with spaces.
      id_of_byte_[static_cast<uint8_t>(token[0])] = token == " " ? kPadId : id;
    }
    tokens_.push_back(token);
  }
}

absl::StatusOr<Vocabulary> Vocabulary::ByName(absl::string_view name) {
  for (const auto& [known, characters] : kKnown) {
    if (name == known) return Vocabulary(known, characters);
  }
  return UsageError(absl::StrCat("unknown vocabulary ", Quote(name), ", expected ", absl::StrJoin(KnownNames(), ", "),
                                 DidYouMean(name, KnownNames())));
}

absl::StatusOr<Vocabulary> Vocabulary::Covering(const std::vector<Vocabulary>& others) {
  absl::StatusOr<Vocabulary> smallest = UsageError(absl::StrCat(
      "no known vocabulary has the tokens of ",
      absl::StrJoin(others, " and ", [](std::string* out, const Vocabulary& other) { *out += other.name_; })));
  for (const auto& [known, characters] : kKnown) {
    const Vocabulary vocabulary(known, characters);
    const bool covers = std::all_of(others.begin(), others.end(), [&](const Vocabulary& other) {
      return std::all_of(other.tokens_.begin(), other.tokens_.end(), [&](const std::string& token) {
        return std::find(vocabulary.tokens_.begin(), vocabulary.tokens_.end(), token) != vocabulary.tokens_.end();
      });
    });
    if (covers && (!smallest.ok() || vocabulary.size() < smallest->size())) smallest = vocabulary;
  }
  return smallest;
}

absl::StatusOr<Vocabulary> Vocabulary::BySize(int size) {
  for (const auto& [known, characters] : kKnown) {
    Vocabulary vocabulary(known, characters);
    if (vocabulary.size() == size) return vocabulary;
  }
  return UsageError(absl::StrCat("no known vocabulary has ", size, " tokens"));
}

absl::StatusOr<Vocabulary> Vocabulary::FromJson(absl::string_view json, absl::string_view source) {
  const auto document = ParseJson(json);
  const auto error = [&](absl::string_view found) {
    return BadInputError(absl::StrCat(source, ": found ", found,
                                      ", expected {\"type\": NAME, \"tokens\": [...]} with a known vocabulary"));
  };
  if (!document.is_object() || !document.contains("type") || !document.contains("tokens")) {
    return error("no JSON object with type and tokens");
  }
  if (!document["type"].is_string()) return error("a type that is no text");
  const nlohmann::json& tokens = document["tokens"];
  if (document["type"] == kCustom) return Custom(tokens, source);
  const absl::StatusOr<Vocabulary> known = ByName(document["type"].get<std::string>());
  if (!known.ok()) return error(known.status().message());
  if (!tokens.is_array() || tokens.size() != known->tokens_.size()) return error("tokens of another number");
  for (int id = 0; id < known->size(); ++id) {
    if (tokens[id] != known->tokens_[id]) return error(absl::StrCat("another token for id ", id));
  }
  return known;
}

absl::StatusOr<Vocabulary> Vocabulary::Custom(const nlohmann::json& tokens, absl::string_view source) {
  const auto error = [&](const std::string& found, absl::string_view expected) {
    return BadInputError(absl::StrCat(source, ": found ", found, ", expected ", expected));
  };
  if (!tokens.is_array() || tokens.size() < 15 || tokens.size() > 256) {
    return error("no list of 15 to 256 tokens", "one for a custom vocabulary");
  }
  const Vocabulary pad = Arithmetic();
  std::string characters;
  std::set<std::string> seen;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string token = tokens[id].is_string() ? tokens[id].get<std::string>() : "";
    const std::string found = absl::StrCat(Quote(token), " for id ", id);
    if (id <= kLastDigitId && token != pad.tokens_[id]) {
      return error(found, absl::StrCat(pad.tokens_[id], ": specials, then digits, as in every vocabulary"));
    }
    if (!seen.insert(token).second) return error(found, "every token once");
    if (id < kFirstDigitId) continue;
    if (token.empty() || token.size() != CharacterLength(token[0])) return error(found, "one character of UTF-8");
    characters += token;
  }
  if (!seen.count("=")) return error("no \"=\"", "one: answers begin behind it");
  return Vocabulary(kCustom, characters);
}

std::string Vocabulary::ToJson() const { return nlohmann::ordered_json({{"type", name_}, {"tokens", tokens_}}).dump(); }

int Vocabulary::IdAt(absl::string_view text, size_t* length) const {
  *length = 1;
  const int id = id_of_byte_[static_cast<uint8_t>(text[0])];
  if (id >= 0 || long_ids_.empty()) return id;
  *length = std::min(CharacterLength(text[0]), text.size());
  const auto found = long_ids_.find(std::string(text.substr(0, *length)));
  return found == long_ids_.end() ? -1 : found->second;
}

absl::Status Vocabulary::Encode(absl::string_view text, std::vector<uint8_t>* ids) const {
  const size_t before = ids->size();
  ids->resize(before + text.size());
  size_t end = before;
  for (size_t i = 0, length = 1; i < text.size(); i += length) {
    length = 1;
    int id = id_of_byte_[static_cast<uint8_t>(text[i])];
    if (id < 0) id = IdAt(text.substr(i), &length);
    if (id < 0) {
      ids->resize(before);
      return BadInputError(absl::StrCat("byte ", i + 1, ": found '", absl::CHexEscape(text.substr(i, length)),
                                        "', expected one of \"", characters_, "\""));
    }
    (*ids)[end++] = static_cast<uint8_t>(id);
  }
  ids->resize(end);
  return absl::OkStatus();
}

std::string Vocabulary::Decode(const int64_t* ids, int64_t count) const {
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    if (!IsSpecial(ids[i])) absl::StrAppend(&text, TokenText(ids[i]));
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
