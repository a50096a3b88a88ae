// A token data set: any file, or any tensors with the right hash and count.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/checksums.h"
#include "lib/dataset/token_dataset.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

DataFormat Sums() {
  DataFormat format;
  format.tasks[0].first_operand = format.tasks[0].second_operand = {1, 2};
  return format;
}

// The file with these examples: offsets are bytes, and so are answer starts.
std::string FileOf(absl::string_view offsets, absl::string_view starts, absl::string_view tokens) {
  std::string tensors[3] = {std::string(tokens), "", ""};
  for (const char offset : offsets) {
    tensors[1] += std::string(1, offset) + std::string(6, '\0') + (offset == '\xfe' ? '\xff' : '\0');
  }
  for (const char start : starts) tensors[2] += std::string(1, start) + std::string(3, start == '\xfe' ? '\xff' : '\0');
  ContentHash hash;
  for (const std::string& tensor : tensors) hash.Add(tensor);
  std::map<std::string, std::string> metadata = FormatMetadata(Sums());
  metadata["format"] = kTokenDatasetFormat;
  metadata["count"] = absl::StrCat(starts.size());
  metadata["xxh3"] = hash.Hex();
  const auto size = [](absl::string_view items) { return std::vector<int64_t>{static_cast<int64_t>(items.size())}; };
  return absl::StrCat(SafetensorsHeader({{"tokens", DType::kU8, size(tokens)},
                                         {"offsets", DType::kU64, size(offsets)},
                                         {"answer_start", DType::kU32, size(starts)}},
                                        metadata),
                      tensors[0], tensors[1], tensors[2]);
}

}  // namespace

void CheckLaws(absl::string_view input) {
  static MemoryFile& file = *new MemoryFile;
  Choices choices(input);
  std::string bytes;
  if (choices.Flag()) {
    const size_t examples = choices.Below(8);
    const absl::string_view rest = choices.rest();
    const size_t offsets = std::min(examples + 1, rest.size()), starts = std::min(examples, rest.size() - offsets);
    bytes = FileOf(rest.substr(0, offsets), rest.substr(offsets, starts), rest.substr(offsets + starts));
  } else {
    bytes = std::string(choices.rest());
  }
  const auto data = TokenDataset::Open(file.Holding(bytes));
  if (!data.ok()) return CheckRefusal(data.status());
  int64_t tokens = 0;
  for (int64_t i = 0; i < (*data)->examples(); ++i) {
    const absl::Span<const uint8_t> example = (*data)->Example(i);
    const int64_t start = (*data)->AnswerStart(i);
    TALLY_LAW(0 < start && start < static_cast<int64_t>(example.size()) && example.back() == kEndId);
    for (const uint8_t id : example) TALLY_LAW(id < (*data)->vocabulary().size());
    tokens += static_cast<int64_t>(example.size());
    TALLY_LAW((*data)->longest_example() >= static_cast<int64_t>(example.size()));
  }
  TALLY_LAW(tokens == (*data)->tokens());
}

std::vector<std::string> Seeds() {
  const std::string two = std::string("\0\6\14\4\4", 5) + "\x05\x0e\x06\x11\x07\x03\x05\x0e\x05\x11\x06\x03";
  return {'\1' + (std::string(1, '\2') + two), '\0' + FileOf(two.substr(0, 3), two.substr(3, 2), two.substr(5))};
}

std::vector<std::string> Words() {
  return {"\x05\x0e\x06\x11\x07\x03", "\x11", "\xfe", "\"tasks\":\"[{}]\"", "\"first_operand\":\"1..20\"", "working"};
}

}  // namespace tally::fuzz
