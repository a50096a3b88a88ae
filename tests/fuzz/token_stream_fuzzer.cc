// A token stream: its bytes as they are, or blocks of any bytes with the right hash.
#include <cstring>

#include "lib/dataset/token_stream_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

std::string Block(uint32_t examples, uint64_t first, absl::string_view bytes) {
  StreamBlockHead head;
  head.examples = examples;
  head.first_example = first;
  head.bytes = static_cast<uint32_t>(bytes.size());
  head.xxh3 = StreamBlockHash(head, bytes);
  return std::string(reinterpret_cast<const char*>(&head), sizeof(head)).append(bytes.data(), bytes.size());
}

std::string Header() { return StreamHeader(DataFormat()) + "\n"; }

// Heads and ids of `lines` sums 1+2=3 (the last id is EOS).
std::string Sums(int lines) {
  const StreamExampleHead head = {6, 4, 1, 1};
  std::string heads, ids;
  for (int i = 0; i < lines; ++i) {
    heads.append(reinterpret_cast<const char*>(&head), sizeof(head));
    ids.append("\x05\x0e\x06\x11\x07\x03", 6);
  }
  return heads + ids;
}

}  // namespace

void CheckLaws(absl::string_view input) {
  static MemoryFile& file = *new MemoryFile;
  Choices choices(input);
  std::string stream(choices.rest());
  if (choices.Flag()) {
    const uint8_t examples = choices.Byte();
    stream = Header() + Block(examples, 0, choices.rest()) + Block(0, examples, "");
  } else {
    stream = std::string(choices.rest());
  }
  const auto reader = TokenStreamReader::Open(file.Holding(stream));
  if (!reader.ok()) return CheckRefusal(reader.status());
  const int size = (*reader)->data_format().vocabulary.size();
  int64_t examples = 0;
  for (ExampleBlock block;; examples += static_cast<int64_t>(block.examples.size())) {
    const absl::StatusOr<bool> more = (*reader)->Next(&block);
    if (!more.ok()) return CheckRefusal(more.status());
    if (!*more) return;
    TALLY_LAW(block.first_example == examples);
    size_t ids = 0;
    for (const StreamExampleHead& head : block.examples) {
      TALLY_LAW(0 < head.answer_start && head.answer_start < head.ids && head.first > 0 && head.second > 0);
      ids += head.ids;
    }
    TALLY_LAW(ids == block.ids.size());
    for (const uint8_t id : block.ids) TALLY_LAW(id < size);
  }
}

std::vector<std::string> Seeds() {
  const std::string raw(1, '\0');
  return {raw + Header() + Block(2, 0, Sums(2)) + Block(1, 2, Sums(1)) + Block(0, 3, ""),
          raw + Header() + Block(0, 0, ""), std::string("\1\3") + Sums(3)};
}

std::vector<std::string> Words() {
  return {std::string("\6\0\0\0\4\0\0\0\1\0\0\0\1\0\0\0", 16),
          std::string("\x05\x0e\x06\x11\x07\x03", 6),
          "\x11",
          "\x03",
          "\"tasks\":\"[]\"",
          "\"layout\":\"prepended_zeros=2\"",
          "\xff\xff\xff\xff"};
}

}  // namespace tally::fuzz
