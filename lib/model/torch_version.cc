#include "lib/model/torch_version.h"

#include <torch/version.h>

namespace tally {

std::string TorchVersionDetails() {
#ifdef TALLY_CUDA
  const std::string cuda = "13.0";
#else
  const std::string cuda = "none";
#endif
  return "LibTorch " TORCH_VERSION "\nCUDA " + cuda + "\n";
}

}  // namespace tally
