// What threads of a CUDA block do together. For .cu files.
#ifndef TALLY_LIB_KERNELS_CUDA_WARP_BLOCK_H_
#define TALLY_LIB_KERNELS_CUDA_WARP_BLOCK_H_

#include "lib/kernels/cuda/host_device.h"

namespace tally {

// The sum over a warp, in every lane of it.
struct WarpSum {
  template <typename T>
  __device__ T operator()(T x) const {
    for (int distance = kWarp / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(0xffffffffu, x, distance);
    return x;
  }
};

// A block of ShortAttention whose groups are warps.
struct WarpBlock {
  static constexpr int kEach = 4;  // 128 keys

  int thread, threads, lane, lanes, group, groups;

  __device__ WarpBlock()
      : thread(threadIdx.x),
        threads(blockDim.x),
        lane(threadIdx.x % kWarp),
        lanes(kWarp),
        group(threadIdx.x / kWarp),
        groups(blockDim.x / kWarp) {}

  __device__ void Sync() const { __syncthreads(); }
  __device__ void SyncGroup() const { __syncwarp(); }
  __device__ float Sum(float x) const { return WarpSum()(x); }
  __device__ float Max(float x) const {
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, distance));
    }
    return x;
  }
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_WARP_BLOCK_H_
