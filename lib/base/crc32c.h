// The checksum of TensorFlow's record files.
#ifndef TALLY_LIB_BASE_CRC32C_H_
#define TALLY_LIB_BASE_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tally {

// CRC-32C (Castagnoli; RFC 3720, section 12.1) of `bytes`. Table-driven, for small amounts. Thread-safe.
uint32_t Crc32c(absl::string_view bytes);

// The same made safe to stand in data that is itself checksummed: rotated right by 15 bits, plus a constant (the
// TFRecord format).
uint32_t MaskedCrc32c(absl::string_view bytes);

}  // namespace tally

#endif  // TALLY_LIB_BASE_CRC32C_H_
