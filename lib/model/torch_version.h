// What --version says of LibTorch. Torch-free.
#ifndef TALLY_LIB_MODEL_TORCH_VERSION_H_
#define TALLY_LIB_MODEL_TORCH_VERSION_H_

#include <string>

namespace tally {

// "LibTorch 2.11.0\nCUDA none\n", or CUDA's version in a binary built with --config=cuda.
std::string TorchVersionDetails();

}  // namespace tally

#endif  // TALLY_LIB_MODEL_TORCH_VERSION_H_
