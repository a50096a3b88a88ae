#include "lib/safetensors/safetensors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

// A u64 as the file has it.
std::string LittleEndian64(uint64_t value) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

int64_t RoundUpTo8(int64_t size) { return (size + 7) / 8 * 8; }

int64_t ByteSize(const NamedTensor& tensor) {
  return TensorView{tensor.dtype, tensor.shape, ""}.elements() * SizeOf(tensor.dtype);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Open(const std::string& path) {
  auto result = std::unique_ptr<SafetensorsFile>(new SafetensorsFile);
  TALLY_ASSIGN_OR_RETURN(result->file_, MappedFile::Open(path));
  TALLY_ASSIGN_OR_RETURN(result->contents_, ReadSafetensorsContents(result->file_->data(), path));
  return result;
}

absl::StatusOr<TensorView> SafetensorsFile::Find(absl::string_view name, DType dtype) const {
  const auto found = tensors().find(std::string(name));
  if (found == tensors().end()) {
    return BadInputError(
        absl::StrCat(path(), ": found no tensor \"", name, "\", expected one of dtype ", DTypeName(dtype)));
  }
  if (found->second.dtype != dtype) {
    return BadInputError(absl::StrCat(path(), ": tensor \"", name, "\": found dtype ", DTypeName(found->second.dtype),
                                      ", expected ", DTypeName(dtype)));
  }
  return found->second;
}

void SafetensorsFile::Rename(absl::FunctionRef<std::string(absl::string_view)> rename) {
  std::map<std::string, TensorView> renamed;
  for (const auto& [name, view] : contents_.tensors) renamed[rename(name)] = view;
  contents_.tensors = std::move(renamed);
}

absl::Status WriteSafetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  std::vector<NamedTensor> order;
  for (const auto& [name, tensor] : tensors) order.push_back({name, tensor.dtype, tensor.shape});
  std::stable_sort(order.begin(), order.end(),
                   [](const NamedTensor& a, const NamedTensor& b) { return a.dtype > b.dtype; });
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file, AtomicFile::Open(path));
  TALLY_RETURN_IF_ERROR(file->Append(SafetensorsHeader(order, metadata)));
  for (const NamedTensor& tensor : order) {
    const absl::string_view bytes = tensors.at(tensor.name).bytes;
    if (static_cast<int64_t>(bytes.size()) != ByteSize(tensor)) {
      return absl::InternalError(absl::StrCat(path, ": tensor \"", tensor.name, "\" has ", bytes.size(),
                                              " bytes, its shape ", ByteSize(tensor)));
    }
    TALLY_RETURN_IF_ERROR(file->Append(bytes));
  }
  return file->Commit();
}

std::string SafetensorsHeader(const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata, int64_t min_bytes) {
  using Json = nlohmann::ordered_json;
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  int64_t begin = 0;
  for (const NamedTensor& tensor : tensors) {
    const int64_t end = begin + ByteSize(tensor);
    header[tensor.name] = {
        {"dtype", std::string(DTypeName(tensor.dtype))}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  const int64_t unpadded = text.size();
  text.resize(std::max(RoundUpTo8(unpadded), RoundUpTo8(min_bytes) - 8), ' ');
  return LittleEndian64(text.size()) + text;
}

}  // namespace tally
