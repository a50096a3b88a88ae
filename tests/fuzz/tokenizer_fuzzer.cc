// tokenizer.json, and texts that are written with its vocabulary.
#include <algorithm>

#include "lib/tokenizer/vocabulary.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

// Text that is encoded comes back, but for spaces, which are padding.
void CheckText(const Vocabulary& vocabulary, std::string text) {
  std::vector<uint8_t> ids = {kBeginId};
  const absl::Status status = vocabulary.Encode(text, &ids);
  if (!status.ok()) {
    TALLY_LAW(ids.size() == 1);
    return CheckRefusal(status);
  }
  TALLY_LAW(std::all_of(ids.begin(), ids.end(), [&](uint8_t id) { return id < vocabulary.size(); }));
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  TALLY_LAW(vocabulary.Decode(ids) == text);
}

}  // namespace

void CheckLaws(absl::string_view input) {
  const size_t end = std::min(input.size(), input.find('\0'));
  const absl::StatusOr<Vocabulary> vocabulary = Vocabulary::FromJson(input.substr(0, end), "file");
  const std::string text(input.substr(std::min(input.size(), end + 1)));
  if (!vocabulary.ok()) {
    CheckRefusal(vocabulary.status());
    return CheckText(*Vocabulary::ByName("all"), text);
  }
  const std::string json = vocabulary->ToJson();
  const absl::StatusOr<Vocabulary> again = Vocabulary::FromJson(json, "copy");
  TALLY_LAW(again.ok() && again->ToJson() == json && again->size() == vocabulary->size());
  CheckText(*vocabulary, text);
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds = {
      R"({"type":"custom","tokens":["[PAD]","[UNK]","[BOS]","[EOS]","0","1","2","3","4","5","6","7","8","9","=","é"]})"};
  for (const char* name : {"pad", "index", "sort", "tasks", "all"}) {
    seeds.push_back(Vocabulary::ByName(name)->ToJson() + std::string("\0"
                                                                     "12+3 4=£β",
                                                                     12));
  }
  return seeds;
}

std::vector<std::string> Words() {
  return {"\"type\":", "\"tokens\":", "\"custom\"", "\"pad\"", "\"[PAD]\"",
          "\"=\"",     "\\u0000",     "\"β\"",      "\"\\n\"", "\""};
}

}  // namespace tally::fuzz
