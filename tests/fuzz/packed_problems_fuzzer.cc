// Files of problems as they come: text, gzip, Zstandard, zip, Arrow, and these within one another.
#include <zlib.h>

#include <cstring>

#include "absl/strings/match.h"
#include "lib/problems/arrow_for_test.h"
#include "lib/problems/pack_for_test.h"
#include "lib/problems/problem_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

constexpr int64_t kMostLines = 100'000;

// An archive of one file that is stored as it is.
std::string Zip(absl::string_view name, absl::string_view text) {
  const auto number = [](uint32_t value, int bytes) {
    return std::string(reinterpret_cast<const char*>(&value), static_cast<size_t>(bytes));
  };
  const auto crc =
      static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
  const auto size = static_cast<uint32_t>(text.size());
  const std::string facts = number(20, 2) + number(0, 4) + number(0x21 << 16, 4) + number(crc, 4) + number(size, 4) +
                            number(size, 4) + number(static_cast<uint32_t>(name.size()), 2) + number(0, 2);
  const std::string local = "PK\3\4" + facts + std::string(name) + std::string(text);
  const std::string central = "PK\1\2" + number(20, 2) + facts + std::string(14, '\0') + std::string(name);
  return local + central + std::string("PK\5\6\0\0\0\0\1\0\1\0", 12) +
         number(static_cast<uint32_t>(central.size()), 4) + number(static_cast<uint32_t>(local.size()), 4) +
         number(0, 2);
}

}  // namespace

void CheckLaws(absl::string_view input) {
  if (absl::StrContains(input, "PAR1")) return;  // Parquet is Python's
  static MemoryFile& file = *new MemoryFile;
  static const Vocabulary& vocabulary = *new Vocabulary(Vocabulary::Arithmetic());
  const auto reader = ProblemReader::Open({file.Holding(input)}, "all", vocabulary);
  if (!reader.ok()) return CheckRefusal(reader.status());
  absl::string_view line;
  for (int64_t lines = 0; lines < kMostLines; ++lines) {
    const absl::StatusOr<bool> more = (*reader)->Next(&line);
    if (!more.ok()) return CheckRefusal(more.status());
    if (!*more) return;
    TALLY_LAW(line.find('\n') == absl::string_view::npos);
  }
}

std::vector<std::string> Seeds() {
  const std::string lines = "12+3=42\n9+9=81\n";
  return {lines,
          Gzip(lines),
          Gzip(lines) + Gzip(lines),
          Zstd(lines),
          Gzip(Zstd(lines)),
          ArrowForTest(),
          Gzip(ArrowForTest()),
          Zip("a.txt", lines),
          Zip("b/c.gz", Gzip(lines)),
          Zip("state.json", R"({"_data_files":[{"filename":"data.arrow"}]})"),
          Zip("dataset_dict.json", R"({"splits":["train"]})")};
}

std::vector<std::string> Words() {
  return {"PK\3\4",    "PK\1\2", "PK\5\6",    "\x1f\x8b\x08", "\x28\xb5\x2f\xfd", "ARROW1",     "\xff\xff\xff\xff",
          "input_ids", "text",   "12+3=42\n", ".txt",         ".arrow",           "state.json", "/",
          "../"};
}

}  // namespace tally::fuzz
