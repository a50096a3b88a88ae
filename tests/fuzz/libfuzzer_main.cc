// Lets libFuzzer drive a target. `NAME_fuzzer --write_seeds=FOLDER` writes its seeds into FOLDER/seeds, a file each,
// and its words as FOLDER/words.dict.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

// A word as libFuzzer's dictionaries have it: every byte by its number, so that none needs an escape of its own.
std::string Quoted(absl::string_view word) {
  std::string text = "\"";
  for (const char c : word) absl::StrAppendFormat(&text, "\\x%02X", static_cast<uint8_t>(c));
  return text + "\"\n";
}

void WriteSeeds(const std::string& folder) {
  int number = 0;
  for (const std::string& seed : Seeds()) {
    std::ofstream(absl::StrCat(folder, "/seeds/", number++), std::ios::binary) << seed;
  }
  std::ofstream dictionary(folder + "/words.dict");
  for (const std::string& word : Words()) {
    if (!word.empty()) dictionary << Quoted(word);
  }
  TALLY_LAW(dictionary.good());
}

}  // namespace
}  // namespace tally::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    absl::string_view flag = (*argv)[i];
    if (!absl::ConsumePrefix(&flag, "--write_seeds=")) continue;
    tally::fuzz::WriteSeeds(std::string(flag));
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tally::fuzz::CheckLaws(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
