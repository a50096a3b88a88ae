// The parameters of a model as the tensors of a checkpoint.
#ifndef TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_
#define TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model.h"
#include "lib/safetensors/tensor_view.h"

namespace tally {

// Views of the parameters' bytes, tied ones under each of their names; valid as long as the model. Parameters on
// another device are copied to the CPU into *copies, which the views need then; models on the CPU need none.
std::map<std::string, TensorView> ParameterViews(const Model& model, std::vector<at::Tensor>* copies = nullptr);

// Copies `tensors` into the model's parameters of the same names, also under the names that the reference gives them in
// distributed and in not compiled runs. BadInput, beginning with `source`, where one is missing, unknown, not F32 or of
// another shape.
absl::Status LoadParameters(const std::map<std::string, TensorView>& tensors, absl::string_view source, Model* model);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_
