// The safetensors format, version 1: little-endian u64 header size, a JSON header, then the tensors' bytes.
// Torch-free: data sets and checkpoints both use it. https://github.com/huggingface/safetensors
#ifndef TALLY_LIB_SAFETENSORS_SAFETENSORS_H_
#define TALLY_LIB_SAFETENSORS_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/mapped_file.h"

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

struct SafetensorsContents {
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorView> tensors;  // views into the bytes that were read
};

// The contents of a whole file, `file`. Strict: BadInput `NAME: byte N: found ..., expected ...` for all that
// SafetensorsFile::Open says. N counts from 0 and is where the value at fault ends in the header, or the tensor's place
// behind it. Takes time and memory in proportion to the header, which the format limits; never reads the tensors.
absl::StatusOr<SafetensorsContents> ReadSafetensorsContents(absl::string_view file, absl::string_view name);

// A mapped file whose header was checked. Thread-safe.
class SafetensorsFile {
 public:
  // Strict, as the format asks. BadInput `PATH: byte N: found ..., expected ...` for: a file under 8 bytes; a header
  // over 100,000,000 bytes or longer than the file; one that does not start with `{`, is not UTF-8 or not JSON, has
  // duplicate or unknown keys, metadata that is not text to text, an unknown dtype, a negative or overflowing shape;
  // offsets that overlap, leave holes, run backwards, or do not end at the end of the file; a shape that does not fit
  // its bytes.
  static absl::StatusOr<std::unique_ptr<SafetensorsFile>> Open(const std::string& path);

  const std::string& path() const { return file_->path(); }
  const std::map<std::string, std::string>& metadata() const { return contents_.metadata; }
  const std::map<std::string, TensorView>& tensors() const { return contents_.tensors; }

  // The tensor called `name`; BadInput where there is none or its dtype differs from `dtype`.
  absl::StatusOr<TensorView> Find(absl::string_view name, DType dtype) const;

  // From now on tensors are called by what `rename` makes of their names, which must differ. Not thread-safe.
  void Rename(absl::FunctionRef<std::string(absl::string_view)> rename);

 private:
  SafetensorsFile() = default;

  std::unique_ptr<MappedFile> file_;
  SafetensorsContents contents_;
};

// Writes a whole file at once (through AtomicFile). Same tensors and metadata, same bytes: tensors are in falling
// order of dtype (so of its size), then by name, as the format's own library writes them. A tensor whose bytes do not
// fit its shape is a bug of the caller (Internal). CannotCreate, IoError.
absl::Status WriteSafetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                              const std::map<std::string, std::string>& metadata);

// The bytes of the size field and header for tensors that will follow in the given order, padded with spaces to a
// multiple of 8, and to `min_bytes` where that is more. Names and metadata are UTF-8; bytes that are not become U+FFFD.
struct NamedTensor {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
};
std::string SafetensorsHeader(const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata, int64_t min_bytes = 0);

}  // namespace tally

#endif  // TALLY_LIB_SAFETENSORS_SAFETENSORS_H_
