// Parameters in a state_dict.pth of the reference, as torch.save writes it: a zip archive with a pickle (pickle.h) and
// a record for each storage. LibTorch finds the records, and nothing else of the file is left to it: its unpickler
// believes what a file says, and reads no OrderedDict.
#ifndef TALLY_LIB_CHECKPOINT_STATE_DICT_H_
#define TALLY_LIB_CHECKPOINT_STATE_DICT_H_

#include <list>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

class StateDict {
 public:
  // The tensors under the key "model_state". MissingInput, or BadInput where the file is not such an archive, or says
  // more than it has.
  static absl::StatusOr<StateDict> Read(const std::string& path);

  // Views of their bytes by name, valid as long as this.
  const std::map<std::string, TensorView>& tensors() const { return views_; }

 private:
  std::list<std::string> owned_;  // never moved, unlike a vector's
  std::map<std::string, TensorView> views_;
};

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_STATE_DICT_H_
