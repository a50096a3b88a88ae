// Where the parameters of a file lie that torch.save wrote: what its pickle says of them, checked. Torch-free.
#ifndef TALLY_LIB_CHECKPOINT_SAVED_TENSOR_H_
#define TALLY_LIB_CHECKPOINT_SAVED_TENSOR_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// Elements shape[0] x shape[1] x ... of a storage, element (i, j, ...) at offset + i strides[0] + j strides[1] + ...
struct SavedTensor {
  DType dtype = DType::kF32;     // kF32 or kI64
  std::string storage;           // its name in the archive: data/STORAGE
  int64_t storage_elements = 0;  // whose bytes do not overflow
  int64_t offset = 0;
  std::vector<int64_t> shape, strides;

  int64_t elements() const;  // at most storage_elements
};

// The tensors of the dictionary under the key "model_state", by name; all of their elements lie within their storages.
// BadInput with the path and what was found.
absl::StatusOr<std::map<std::string, SavedTensor>> ReadSavedTensors(absl::string_view pickle, absl::string_view path);

// The tensor's elements in row-major order. `storage` holds its storage's bytes.
std::string RowMajor(const SavedTensor& tensor, absl::string_view storage);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_SAVED_TENSOR_H_
