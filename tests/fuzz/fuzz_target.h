// A fuzz target: one reader, and laws that it keeps for any bytes. NAME_fuzzer.cc defines the three functions below and
// nothing else; libFuzzer makes inputs for them (scripts/fuzz.sh), and so does NAME_replay_test in every test run.
#ifndef TALLY_TESTS_FUZZ_FUZZ_TARGET_H_
#define TALLY_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally::fuzz {

// Reads `input` and ends the process where a law is broken. Same input, same result; nothing is left behind.
void CheckLaws(absl::string_view input);

// Inputs to begin with: small, and between them every kind that the reader knows.
std::vector<std::string> Seeds();

// Words of the format, from which inputs are put together: libFuzzer's dictionary.
std::vector<std::string> Words();

// Ends the process with the place and `law`.
[[noreturn]] inline void LawBroken(const char* file, int line, const char* law) {
  std::fprintf(stderr, "%s:%d: law broken: %s\n", file, line, law);
  std::abort();
}
#define TALLY_LAW(...)                                                              \
  do {                                                                              \
    if (!(__VA_ARGS__)) ::tally::fuzz::LawBroken(__FILE__, __LINE__, #__VA_ARGS__); \
  } while (false)

// The law of refusals: BadInput or Usage, and a message of one short line, whatever the input was.
void CheckRefusal(const absl::Status& status);

// Takes choices from the front of an input, so that one input holds both them and the bytes to read.
class Choices {
 public:
  explicit Choices(absl::string_view input) : rest_(input) {}

  // 0..count-1; 0 where nothing is left. `count` is 1 to 256.
  size_t Below(size_t count) { return Byte() % count; }
  bool Flag() { return Byte() % 2 == 1; }
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }

  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

// A file in memory, for readers that open a path. Its contents are replaced, so one for each target is enough.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // Makes `bytes` its contents and returns its path.
  const std::string& Holding(absl::string_view bytes);

 private:
  const int fd_;
  const std::string path_;
};

// A folder for files that are read by name; removed with all that is in it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;

  // Makes `bytes` the contents of the file, whose path is returned, without waiting for any disk.
  std::string Write(absl::string_view name, absl::string_view bytes) const;

 private:
  std::string path_;
};

}  // namespace tally::fuzz

#endif  // TALLY_TESTS_FUZZ_FUZZ_TARGET_H_
