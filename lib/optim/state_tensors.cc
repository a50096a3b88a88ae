#include "lib/optim/state_tensors.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {

TensorView ViewOf(const at::Tensor& tensor, std::vector<at::Tensor>* copies) {
  copies->push_back(tensor.detach().cpu().contiguous());
  const at::Tensor& bytes = copies->back();
  return {DType::kF32, tensor.sizes().vec(),
          absl::string_view(static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes())};
}

TensorView ViewOf(const int64_t& number) {
  return {DType::kI64, {}, absl::string_view(reinterpret_cast<const char*>(&number), sizeof(number))};
}

absl::Status ReadTensor(const SafetensorsFile& file, const std::string& name, const at::Tensor& tensor) {
  TALLY_ASSIGN_OR_RETURN(const TensorView view, file.Find(name, DType::kF32));
  if (view.shape != tensor.sizes().vec()) {
    return BadInputError(absl::StrCat(file.path(), ": tensor ", name, " does not have its parameter's shape"));
  }
  const at::Tensor stored = at::empty(tensor.sizes(), at::kFloat);
  std::memcpy(stored.data_ptr(), view.bytes.data(), view.bytes.size());
  tensor.copy_(stored);
  return absl::OkStatus();
}

absl::Status ReadNumber(const SafetensorsFile& file, const std::string& name, int64_t* number) {
  TALLY_ASSIGN_OR_RETURN(const TensorView view, file.Find(name, DType::kI64));
  if (!view.shape.empty()) return BadInputError(absl::StrCat(file.path(), ": tensor ", name, " is not one number"));
  std::memcpy(number, view.bytes.data(), sizeof(*number));
  return absl::OkStatus();
}

}  // namespace tally
