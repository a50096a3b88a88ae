// Threads of a CUDA device that run together.
#ifndef TALLY_LIB_KERNELS_CUDA_WARP_H_
#define TALLY_LIB_KERNELS_CUDA_WARP_H_

namespace tally {

constexpr int kWarp = 32;

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_WARP_H_
