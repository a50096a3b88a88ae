// Bytes one after the other: those of a file or pipe, or what others become when they are unpacked.
#ifndef TALLY_LIB_BASE_BYTE_SOURCE_H_
#define TALLY_LIB_BASE_BYTE_SOURCE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tally {

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Writes at most `size` bytes, 1 or more, to `data` and returns how many; 0 at the end only. IoError, and what else
  // the kind of source finds wrong.
  virtual absl::StatusOr<size_t> Read(char* data, size_t size) = 0;
};

// The bytes of `path`, or of standard input for "-". MissingInput where it cannot be opened, BadInput for a folder.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path);

// Reads until `data` has `size` bytes or the source ends; returns how many there are.
absl::StatusOr<size_t> ReadFully(ByteSource& source, char* data, size_t size);

}  // namespace tally

#endif  // TALLY_LIB_BASE_BYTE_SOURCE_H_
