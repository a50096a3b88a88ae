// The hash that a data set stores of its own contents, to notice damage.
#ifndef TALLY_LIB_DATASET_CONTENT_HASH_H_
#define TALLY_LIB_DATASET_CONTENT_HASH_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace tally {

// XXH3 (64 bits) of all bytes that were added, however they were cut. Not thread-safe.
class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;

  void Add(absl::string_view bytes);

  // The hash of the bytes so far, and as 16 hexadecimal digits, as `xxh3sum` prints it.
  uint64_t Value() const;
  std::string Hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_CONTENT_HASH_H_
