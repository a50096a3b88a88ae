// Reads and checks the header of a safetensors file that is in memory.
#ifndef TALLY_LIB_SAFETENSORS_HEADER_READER_H_
#define TALLY_LIB_SAFETENSORS_HEADER_READER_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/safetensors/tensor_view.h"

namespace tally {

struct SafetensorsContents {
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorView> tensors;  // views into the bytes that were read
};

// The contents of a whole file, `file`. Strict: BadInput `NAME: byte N: found ..., expected ...` for all that
// SafetensorsFile::Open says. N counts from 0 and is where the value at fault ends in the header, or the tensor's place
// behind it. Takes time and memory in proportion to the header, which the format limits; never reads the tensors.
absl::StatusOr<SafetensorsContents> ReadSafetensorsContents(absl::string_view file, absl::string_view name);

}  // namespace tally

#endif  // TALLY_LIB_SAFETENSORS_HEADER_READER_H_
