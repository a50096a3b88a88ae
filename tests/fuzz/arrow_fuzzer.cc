// An Arrow stream, whose bytes also come a few at a time.
#include "lib/problems/arrow_for_test.h"
#include "lib/problems/arrow_lines.h"
#include "lib/problems/memory_source_for_test.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {

void CheckLaws(absl::string_view input) {
  static const Vocabulary& vocabulary = *new Vocabulary(Vocabulary::Arithmetic());
  const auto read = [&](size_t at_once, size_t size) {
    return ReadAll(*ReadArrowLines(std::make_unique<MemorySource>(std::string(input), at_once), "file", vocabulary),
                   size);
  };
  const absl::StatusOr<std::string> lines = read(1 << 20, 1 << 10), again = read(7, 3);
  TALLY_LAW(lines.status() == again.status());
  if (!lines.ok()) return CheckRefusal(lines.status());
  TALLY_LAW(*lines == *again && (lines->empty() || lines->back() == '\n'));
}

std::vector<std::string> Seeds() { return {ArrowForTest(), std::string("ARROW1\0\0", 8) + ArrowForTest()}; }

std::vector<std::string> Words() {
  return {"\xff\xff\xff\xff",
          std::string("\xff\xff\xff\xff\0\0\0\0", 8),
          "input_ids",
          "text",
          "item",
          std::string("\x0a\0\0\0\0\0\0\0", 8),
          std::string("\x03\0\0\0\0\0\0\0", 8),
          "\x0c",
          "\x05",
          "\x14",
          "ARROW1"};
}

}  // namespace tally::fuzz
