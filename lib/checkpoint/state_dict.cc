#include "lib/checkpoint/state_dict.h"

#include <ATen/core/ivalue.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <exception>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// The whole pickle; LibTorch reports errors by exceptions.
absl::StatusOr<at::IValue> Unpickle(const std::string& path) {
  try {
    caffe2::serialize::PyTorchStreamReader reader(path);
    return torch::jit::readArchiveAndTensors("data", /*pickle_prefix=*/"", /*tensor_prefix=*/"",
                                             /*type_resolver=*/std::nullopt, /*obj_loader=*/std::nullopt, at::kCPU,
                                             reader);
  } catch (const std::exception& error) {
    // The first line says what is wrong, the others where LibTorch noticed.
    const std::vector<std::string> lines = absl::StrSplit(error.what(), '\n');
    return BadInputError(absl::StrCat(path, ": expected what torch.save writes: ", lines[0]));
  }
}

// Whether the elements lie within the tensor's storage, and are not more than it has: the unpickler believes sizes,
// strides and offset of the file.
bool FitsItsStorage(const at::Tensor& tensor) {
  if (tensor.layout() != at::kStrided || tensor.storage_offset() < 0) return false;
  const auto bytes = static_cast<int64_t>(tensor.storage().nbytes()), item = static_cast<int64_t>(tensor.itemsize());
  int64_t elements = 1, last = tensor.storage_offset();
  bool empty = false;
  for (int64_t axis = 0; axis < tensor.dim(); ++axis) {
    const int64_t size = tensor.sizes()[axis], stride = tensor.strides()[axis];
    int64_t span = 0;
    if (size < 0 || stride < 0 || __builtin_mul_overflow(elements, size, &elements)) return false;
    if (size > 0 && __builtin_mul_overflow(size - 1, stride, &span)) return false;
    if (__builtin_add_overflow(last, span, &last)) return false;
    empty = empty || size == 0;
  }
  return empty || (last < bytes / item && elements <= bytes / item);
}

absl::StatusOr<TensorView> ViewOf(const at::Tensor& tensor, const std::string& what) {
  const at::ScalarType type = tensor.scalar_type();
  if (type != at::kFloat && type != at::kLong) {
    return BadInputError(absl::StrCat(what, ": found dtype ", at::toString(type), ", expected Float or Long"));
  }
  return TensorView{type == at::kFloat ? DType::kF32 : DType::kI64, tensor.sizes().vec(),
                    absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())};
}

}  // namespace

absl::StatusOr<StateDict> StateDict::Read(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (!there) return MissingInputError(absl::StrCat(path, ": no such file"));
  TALLY_ASSIGN_OR_RETURN(const at::IValue pickle, Unpickle(path));
  const absl::Status no_model = BadInputError(absl::StrCat(path, ": expected a dictionary with model_state"));
  if (!pickle.isGenericDict() || !pickle.toGenericDict().contains("model_state")) return no_model;
  const at::IValue model = pickle.toGenericDict().at("model_state");
  if (!model.isGenericDict()) return no_model;
  StateDict state;
  for (const auto& entry : model.toGenericDict()) {
    if (!entry.key().isString() || !entry.value().isTensor()) return no_model;
    const std::string& name = entry.key().toStringRef();
    const at::Tensor& tensor = entry.value().toTensor();
    const std::string what = absl::StrCat(path, ": tensor ", name);
    if (!FitsItsStorage(tensor)) {
      return BadInputError(
          absl::StrCat(what, ": found sizes, strides or an offset beyond its data, expected them within"));
    }
    state.owned_.push_back(tensor.contiguous());
    TALLY_ASSIGN_OR_RETURN(state.views_[name], ViewOf(state.owned_.back(), what));
  }
  return state;
}

}  // namespace tally
