// The parameters of a model as the tensors of a checkpoint, where they have the reference's names.
#ifndef TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_
#define TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// Names in files -> the parameters' names; tied ones have several.
std::map<std::string, std::string> NamesInFiles(const Model& model);

// Views of the parameters' bytes by their names in files, tied ones under each; valid as long as the model. Parameters
// on another device are copied to the CPU into *copies, which the views need then; models on the CPU need none.
std::map<std::string, TensorView> ParameterViews(const Model& model, std::vector<at::Tensor>* copies = nullptr);

// Copies `tensors` of a file into the model's parameters, also under the names that the reference gives them in
// distributed and in not compiled runs. BadInput, beginning with `source`, where one is missing, unknown, not F32 or of
// another shape.
absl::Status LoadParameters(const std::map<std::string, TensorView>& tensors, absl::string_view source, Model* model);

// `tensors` that training keeps for parameters, "adamw.mean.PARAMETER", under the names that they have in files, and
// the way back for a file of them. Names that end with no parameter stay as they are.
std::map<std::string, TensorView> UnderNamesInFiles(const Model& model,
                                                    const std::map<std::string, TensorView>& tensors);
void UseParameterNames(const Model& model, SafetensorsFile* file);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_
