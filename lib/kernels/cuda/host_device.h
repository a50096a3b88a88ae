// What code that runs on a CUDA device, and on the CPU where tests run it, is written with.
#ifndef TALLY_LIB_KERNELS_CUDA_HOST_DEVICE_H_
#define TALLY_LIB_KERNELS_CUDA_HOST_DEVICE_H_

#ifdef __CUDACC__
#define TALLY_HOST_DEVICE __host__ __device__
#define TALLY_DEVICE __device__
#else
#define TALLY_HOST_DEVICE
#define TALLY_DEVICE
#endif

namespace tally {

// Threads of a device that run together.
constexpr int kWarp = 32;

// The kinds of numbers that kernels read and write; they compute in float32.
enum class FloatKind { kFloat, kBfloat16, kHalf };

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_HOST_DEVICE_H_
