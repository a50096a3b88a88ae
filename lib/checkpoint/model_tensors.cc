#include "lib/checkpoint/model_tensors.h"

#include <ATen/ops/empty.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/reference_names.h"

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

// `name`, which ends with a key of `names` after a dot ("adamw.mean.KEY"), with that key's value instead; else as it
// is.
std::string WithLastPartOf(const std::map<std::string, std::string>& names, absl::string_view name) {
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const auto found = names.find(std::string(name.substr(dot + 1)));
    if (found != names.end()) return absl::StrCat(name.substr(0, dot + 1), found->second);
  }
  return std::string(name);
}

template <typename T>
TensorView ViewOf(DType dtype, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {dtype, std::move(shape),
          absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T))};
}

bool HasPositionIds(PositionConfig::Table table) {
  return table == PositionConfig::ABACUS || table == PositionConfig::LEARNED || table == PositionConfig::LEARNED_RAND;
}

// Parameter -> its name among `tensors`.
absl::StatusOr<std::map<std::string, std::string>> NamesOfParameters(const std::map<std::string, TensorView>& tensors,
                                                                     absl::string_view source, const Model& model) {
  const std::map<std::string, std::string> known = NamesInFiles(model);
  std::map<std::string, std::string> names;
  for (const auto& [name, view] : tensors) {
    const auto found = known.find(WithBlockCompiled(name));
    if (found != known.end()) {
      const bool tied = ReferenceName(model.config(), found->second) != found->first;
      if (tied) names.insert({found->second, name});
      if (!tied) names[found->second] = name;
    } else if (!IsDerived(name)) {
      return BadInputError(absl::StrCat(source, ": tensor ", name, " is no parameter of this model"));
    }
  }
  return names;
}

}  // namespace

std::map<std::string, std::string> NamesInFiles(const Model& model) {
  std::map<std::string, std::string> names;
  for (const Parameter& p : model.parameters().entries()) names[ReferenceName(model.config(), p.name)] = p.name;
  for (const auto& [alias, name] : model.parameters().aliases()) names[ReferenceName(model.config(), alias)] = name;
  return names;
}

std::map<std::string, TensorView> ParameterViews(const Model& model, std::vector<at::Tensor>* copies) {
  std::map<std::string, TensorView> views;
  for (const Parameter& parameter : model.parameters().entries()) {
    const at::Tensor tensor = parameter.tensor.detach().cpu();  // no copy of what is there already
    copies->push_back(tensor);
    views[ReferenceName(model.config(), parameter.name)] = {
        DType::kF32, tensor.sizes().vec(),
        absl::string_view(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())};
  }
  for (const auto& [alias, name] : model.parameters().aliases()) {
    views[ReferenceName(model.config(), alias)] = views.at(ReferenceName(model.config(), name));
  }
  return views;
}

absl::Status LoadParameters(const std::map<std::string, TensorView>& tensors, absl::string_view source, Model* model) {
  TALLY_ASSIGN_OR_RETURN(const auto names, NamesOfParameters(tensors, source, *model));
  for (const Parameter& parameter : model->parameters().entries()) {
    const std::string expected = ReferenceName(model->config(), parameter.name);
    const auto name = names.find(parameter.name);
    if (name == names.end()) return BadInputError(absl::StrCat(source, ": no tensor ", expected));
    const TensorView& view = tensors.at(name->second);
    if (view.dtype != DType::kF32) {
      return BadInputError(
          absl::StrCat(source, ": tensor ", name->second, ": found dtype ", DTypeName(view.dtype), ", expected F32"));
    }
    if (view.shape != parameter.tensor.sizes().vec()) {
      return BadInputError(absl::StrCat(source, ": tensor ", expected, ": found shape ", ShapeText(view.shape),
                                        ", expected ", ShapeText(parameter.tensor.sizes())));
    }
    const at::Tensor values = at::empty(view.shape, at::kFloat);  // bytes in the file need not be aligned
    std::memcpy(values.data_ptr(), view.bytes.data(), view.bytes.size());
    parameter.tensor.detach().copy_(values);
  }
  return absl::OkStatus();
}

std::map<std::string, TensorView> UnderNamesInFiles(const Model& model,
                                                    const std::map<std::string, TensorView>& tensors) {
  std::map<std::string, std::string> names;
  for (const Parameter& p : model.parameters().entries()) names[p.name] = ReferenceName(model.config(), p.name);
  std::map<std::string, TensorView> renamed;
  for (const auto& [name, view] : tensors) renamed[WithLastPartOf(names, name)] = view;
  return renamed;
}

void UseParameterNames(const Model& model, SafetensorsFile* file) {
  const std::map<std::string, std::string> names = NamesInFiles(model);
  file->Rename([&](absl::string_view name) { return WithLastPartOf(names, name); });
}

DerivedTensors::DerivedTensors(const ModelConfig& config) {
  if (HasPositionIds(config.positions().table())) {
    position_ids_.resize(config.positions().table_rows());
    std::iota(position_ids_.begin(), position_ids_.end(), int64_t{0});
  }
  if (config.attention().packing() != AttentionConfig::BY_HEAD) return;
  for (int i = 0; i < config.layers(); ++i) {
    attentions_.push_back(config.separate_blocks()
                              ? absl::StrCat("encoder.recurrent_blocks.", i, "._orig_mod.layers.0.attn")
                              : absl::StrCat("encoder.recurrent_block._orig_mod.layers.", i, ".attn"));
  }
  const int size = config.hidden_size() / config.attention().heads();
  norm_factor_ = {1 / std::sqrt(static_cast<float>(size))};
  if (config.attention().position() != AttentionConfig::ROPE) return;
  for (int i = 0; i < size; i += 2) frequencies_.push_back(1 / std::pow(10000.0f, static_cast<float>(i) / size));
}

void DerivedTensors::AddTo(std::map<std::string, TensorView>* tensors) const {
  if (!position_ids_.empty()) {
    (*tensors)["encoder.embedding.pos_embedding.position_ids"] =
        ViewOf(DType::kI64, {1, static_cast<int64_t>(position_ids_.size())}, position_ids_);
  }
  for (const std::string& attention : attentions_) {
    (*tensors)[attention + ".norm_factor"] = ViewOf(DType::kF32, {}, norm_factor_);
    if (frequencies_.empty()) continue;
    (*tensors)[attention + ".rotary_emb.inv_freq"] =
        ViewOf(DType::kF32, {static_cast<int64_t>(frequencies_.size())}, frequencies_);
  }
}

}  // namespace tally
