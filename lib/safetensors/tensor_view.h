// Element types of safetensors files, and a view of one tensor's bytes.
#ifndef TALLY_LIB_SAFETENSORS_TENSOR_VIEW_H_
#define TALLY_LIB_SAFETENSORS_TENSOR_VIEW_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// The dtypes of the format that Tally reads, in the order of the format's own library, which sorts tensors by it.
enum class DType { kBool, kU8, kI8, kI16, kU16, kF16, kBF16, kI32, kU32, kF32, kF64, kI64, kU64 };

int64_t SizeOf(DType dtype);  // bytes of one element

// The dtype's name in a header: "F32", "U8", "BOOL", ...
absl::string_view DTypeName(DType dtype);

// The inverse of DTypeName. BadInput for any other name, with the list of names; the caller adds the place.
absl::StatusOr<DType> ParseDType(absl::string_view name);

// One tensor of a file or to be written. The bytes are row-major, little-endian and not owned; they need not be
// aligned.
struct TensorView {
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  absl::string_view bytes;

  // Product of the shape; 1 for a tensor of rank 0. A view from a file that was read never overflows here.
  int64_t elements() const;
};

}  // namespace tally

#endif  // TALLY_LIB_SAFETENSORS_TENSOR_VIEW_H_
