// Parameters in a state_dict.pth of the reference, as torch.save writes it: a zip archive with a pickle. LibTorch's
// unpickler builds numbers, text, containers and tensors and runs no code of the file. It reads plain dictionaries,
// which the reference saves, but no OrderedDict.
#ifndef TALLY_LIB_CHECKPOINT_STATE_DICT_H_
#define TALLY_LIB_CHECKPOINT_STATE_DICT_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

class StateDict {
 public:
  // The tensors under the key "model_state", on the CPU. MissingInput, or BadInput where the file is not such an
  // archive.
  static absl::StatusOr<StateDict> Read(const std::string& path);

  // Views of their bytes by name, valid as long as this.
  const std::map<std::string, TensorView>& tensors() const { return views_; }

 private:
  std::vector<at::Tensor> owned_;
  std::map<std::string, TensorView> views_;
};

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_STATE_DICT_H_
