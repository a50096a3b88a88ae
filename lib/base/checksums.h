// Checksums: of contents, to notice damage, and of TensorFlow's record files.
#ifndef TALLY_LIB_BASE_CHECKSUMS_H_
#define TALLY_LIB_BASE_CHECKSUMS_H_

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

// ContentHash::Hex of `bytes`. Thread-safe.
std::string HexHash(absl::string_view bytes);

// CRC-32C (Castagnoli; RFC 3720, section 12.1) of `bytes`. Table-driven, for small amounts. Thread-safe.
uint32_t Crc32c(absl::string_view bytes);

// The same made safe for data that is itself checksummed: rotated right by 15 bits, plus a constant (the
// TFRecord format).
uint32_t MaskedCrc32c(absl::string_view bytes);

}  // namespace tally

#endif  // TALLY_LIB_BASE_CHECKSUMS_H_
