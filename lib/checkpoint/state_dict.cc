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
    state.owned_.push_back(entry.value().toTensor().contiguous());
    TALLY_ASSIGN_OR_RETURN(state.views_[name], ViewOf(state.owned_.back(), absl::StrCat(path, ": tensor ", name)));
  }
  return state;
}

}  // namespace tally
