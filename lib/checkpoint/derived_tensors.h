// The tensors that the reference's checkpoints hold beside the parameters. Its loader is strict and asks for them.
#ifndef TALLY_LIB_CHECKPOINT_DERIVED_TENSORS_H_
#define TALLY_LIB_CHECKPOINT_DERIVED_TENSORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/model/model_config.pb.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

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

#endif  // TALLY_LIB_CHECKPOINT_DERIVED_TENSORS_H_
