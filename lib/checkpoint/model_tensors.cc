#include "lib/checkpoint/model_tensors.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

std::string ShapeText(at::IntArrayRef shape) {
  return absl::StrCat("[", absl::StrJoin(shape.begin(), shape.end(), ", "), "]");
}

// The reference stores these beside the parameters; they follow from the configuration.
bool IsDerived(absl::string_view name) {
  return absl::EndsWith(name, ".position_ids") || absl::EndsWith(name, ".norm_factor") ||
         absl::EndsWith(name, ".inv_freq");
}

// The parameter's name for a name in a file: the reference prefixes names in distributed training, and leaves a part
// out where a run did not compile its block.
std::string ParameterName(absl::string_view name) {
  absl::ConsumePrefix(&name, "module.");
  if (absl::StrContains(name, "._orig_mod.")) return std::string(name);
  for (const absl::string_view block : {"encoder.recurrent_block", "encoder.recurrent_blocks"}) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, absl::StrCat(block, "."))) continue;
    std::string number;  // of a separate block
    while (!rest.empty() && absl::ascii_isdigit(rest[0])) {
      number += rest[0];
      rest.remove_prefix(1);
    }
    if (number.empty()) return absl::StrCat(block, "._orig_mod.", rest);
    return absl::StrCat(block, ".", number, "._orig_mod", rest);
  }
  return std::string(name);
}

}  // namespace

std::map<std::string, TensorView> ParameterViews(const Model& model, std::vector<at::Tensor>* copies) {
  std::map<std::string, TensorView> views;
  for (const Parameter& parameter : model.parameters().entries()) {
    const at::Tensor tensor = parameter.tensor.detach().cpu();  // no copy of what is there already
    if (copies != nullptr) copies->push_back(tensor);
    views[parameter.name] = {DType::kF32, tensor.sizes().vec(),
                             absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())};
  }
  for (const auto& [alias, name] : model.parameters().aliases()) views[alias] = views.at(name);
  return views;
}

absl::Status LoadParameters(const std::map<std::string, TensorView>& tensors, absl::string_view source, Model* model) {
  const Parameters& parameters = model->parameters();
  std::map<std::string, std::string> names;  // parameter -> its name in the file
  for (const auto& [name, view] : tensors) {
    const std::string parameter = ParameterName(name);
    if (parameters.Find(parameter) != nullptr) {
      names[parameter] = name;
    } else if (const auto alias = parameters.aliases().find(parameter); alias != parameters.aliases().end()) {
      names.insert({alias->second, name});
    } else if (!IsDerived(name)) {
      return BadInputError(absl::StrCat(source, ": tensor ", name, " is no parameter of this model"));
    }
  }
  for (const Parameter& parameter : parameters.entries()) {
    const auto name = names.find(parameter.name);
    if (name == names.end()) return BadInputError(absl::StrCat(source, ": no tensor ", parameter.name));
    const TensorView& view = tensors.at(name->second);
    if (view.dtype != DType::kF32) {
      return BadInputError(
          absl::StrCat(source, ": tensor ", name->second, ": found dtype ", DTypeName(view.dtype), ", expected F32"));
    }
    if (view.shape != parameter.tensor.sizes().vec()) {
      return BadInputError(absl::StrCat(source, ": tensor ", parameter.name, ": found shape ", ShapeText(view.shape),
                                        ", expected ", ShapeText(parameter.tensor.sizes())));
    }
    const at::Tensor values = at::empty(view.shape, at::kFloat);  // bytes in the file need not be aligned
    std::memcpy(values.data_ptr(), view.bytes.data(), view.bytes.size());
    parameter.tensor.detach().copy_(values);
  }
  return absl::OkStatus();
}

}  // namespace tally
