// The tensors of a checkpoint: the parameters of a model, which have the reference's names there, and what the
// reference holds beside them.
#ifndef TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_
#define TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model.h"
#include "lib/model/model_config.pb.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// Names in files -> the parameters' names; tied ones have several.
std::map<std::string, std::string> NamesInFiles(const Model& model);

// Views of the parameters' bytes by their names in files, tied ones under each; valid as long as the model and *copies,
// which gets those of parameters on another device.
std::map<std::string, TensorView> ParameterViews(const Model& model, std::vector<at::Tensor>* copies);

// Copies `tensors` of a file into the model's parameters, also under the names that the reference gives them in
// distributed and in not compiled runs. BadInput, beginning with `source`, where one is missing, unknown, not F32 or of
// another shape.
absl::Status LoadParameters(const std::map<std::string, TensorView>& tensors, absl::string_view source, Model* model);

// `tensors` that training keeps for parameters, "adamw.mean.PARAMETER", under the names that they have in files, and
// the way back for a file of them. Names that end with no parameter stay as they are.
std::map<std::string, TensorView> UnderNamesInFiles(const Model& model,
                                                    const std::map<std::string, TensorView>& tensors);
void UseParameterNames(const Model& model, SafetensorsFile* file);

// The tensors that the reference's checkpoints hold beside the parameters. Its loader is strict and asks for them.
//
//   encoder.embedding.pos_embedding.position_ids   0, 1, 2, ..., [1, table_rows] I64: learned and Abacus tables
//   ...layers.N.attn.norm_factor                   1/sqrt(head size), a scalar: attention packed by head
//   ...layers.N.attn.rotary_emb.inv_freq           [head size / 2]: rotary embedding
class DerivedTensors {
 public:
  explicit DerivedTensors(const ModelConfig& config);

  // Adds views of them, which are valid as long as this.
  void AddTo(std::map<std::string, TensorView>* tensors) const;

 private:
  std::vector<std::string> attentions_;  // names of attention modules that have tensors
  std::vector<int64_t> position_ids_;
  std::vector<float> norm_factor_;
  std::vector<float> frequencies_;
};

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_MODEL_TENSORS_H_
