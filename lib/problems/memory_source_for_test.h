// A source for tests.
#ifndef TALLY_LIB_PROBLEMS_MEMORY_SOURCE_FOR_TEST_H_
#define TALLY_LIB_PROBLEMS_MEMORY_SOURCE_FOR_TEST_H_

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "lib/base/byte_source.h"

namespace tally {

// Bytes in memory, given at most `at_once` at a time.
class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string bytes, size_t at_once = 1 << 20) : bytes_(std::move(bytes)), at_once_(at_once) {}

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    const size_t count = std::min({size, at_once_, bytes_.size() - given_});
    std::memcpy(data, bytes_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  const std::string bytes_;
  const size_t at_once_;
  size_t given_ = 0;
};

// All that `source` gives, read `size` bytes at a time.
inline absl::StatusOr<std::string> ReadAll(ByteSource& source, size_t size) {
  std::string text, part(size, '\0');
  while (true) {
    const absl::StatusOr<size_t> count = source.Read(&part[0], size);
    if (!count.ok()) return count.status();
    if (*count == 0) return text;
    text.append(part, 0, *count);
  }
}

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_MEMORY_SOURCE_FOR_TEST_H_
