// Vocabularies: one token a character, with the reference's ids.
#ifndef TALLY_LIB_TOKENIZER_VOCABULARY_H_
#define TALLY_LIB_TOKENIZER_VOCABULARY_H_

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// The four special tokens come first in every vocabulary.
inline constexpr uint8_t kPadId = 0;
inline constexpr uint8_t kUnknownId = 1;
inline constexpr uint8_t kBeginId = 2;
inline constexpr uint8_t kEndId = 3;
// Then the digits 0..9, in every vocabulary.
inline constexpr uint8_t kFirstDigitId = 4;
inline constexpr uint8_t kLastDigitId = 13;

inline bool IsDigitId(int64_t id) { return id >= kFirstDigitId && id <= kLastDigitId; }

// Thread-safe; cheap to copy.
class Vocabulary {
 public:
  // The vocabulary for arithmetic, 19 tokens: specials, `0123456789+-x= `. The reference's tokeniser "pad".
  static Vocabulary Arithmetic();

  // The vocabulary called `name`: one of the reference's tokenisers, "pad"; "index", which adds 102 hint characters;
  // and "sort", with 99 labels; "tasks", which adds to "pad" the symbols of tasks that the reference does not have; or
  // "all", which has the characters of every task. UsageError for any other name.
  static absl::StatusOr<Vocabulary> ByName(absl::string_view name);

  // The smallest of them that has every token of `others`: what examples of several tasks are tokenised with.
  // UsageError where none has.
  static absl::StatusOr<Vocabulary> Covering(const std::vector<Vocabulary>& others);

  // The one of them that has `size` tokens: checkpoints of the reference say no more. UsageError where none has.
  static absl::StatusOr<Vocabulary> BySize(int size);

  // From the text of tokenizer.json (see ToJson). BadInput names `source` and the first difference from the known
  // vocabulary of that type, since another order of tokens would silently give other ids. Type "custom" may have up to
  // 256 tokens: specials and digits with the ids above, then any characters, each once, among them `=`.
  static absl::StatusOr<Vocabulary> FromJson(absl::string_view json, absl::string_view source);

  // {"type": name, "tokens": [...]}: the tokens in order of id.
  std::string ToJson() const;

  const std::string& name() const { return name_; }
  int size() const { return static_cast<int>(tokens_.size()); }
  uint8_t equals_id() const { return equals_id_; }

  // Appends the ids of `text`, UTF-8, to `*ids`: a space is PAD, as in the reference. BadInput names the first byte
  // (from 1) of a character that is not a token; the caller adds the line, and finds `*ids` as it was.
  absl::Status Encode(absl::string_view text, std::vector<uint8_t>* ids) const;

  // The characters of ids[0, count), with PAD, BOS and EOS left out as in the reference; UNK is "[UNK]".
  std::string Decode(const int64_t* ids, int64_t count) const;
  std::string Decode(const std::vector<uint8_t>& ids) const;

  // The text of one token, "[EOS]" and the like for specials; "?" for an id outside of the vocabulary.
  absl::string_view TokenText(int64_t id) const;

 private:
  Vocabulary(absl::string_view name, absl::string_view characters);
  static absl::StatusOr<Vocabulary> Custom(const nlohmann::json& tokens, absl::string_view source);

  // The token that `text` begins with, -1 where there is none, and its length in bytes.
  int IdAt(absl::string_view text, size_t* length) const;

  std::string name_;
  std::string characters_;           // of all tokens but the specials
  std::vector<std::string> tokens_;  // by id
  uint8_t equals_id_ = 0;
  int16_t id_of_byte_[256];                  // -1: no token
  std::map<std::string, uint8_t> long_ids_;  // characters of more than one byte
};

}  // namespace tally

#endif  // TALLY_LIB_TOKENIZER_VOCABULARY_H_
