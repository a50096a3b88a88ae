// Code that runs on a CUDA device, and on the CPU where tests run it.
#ifndef TALLY_LIB_KERNELS_CUDA_HOST_DEVICE_H_
#define TALLY_LIB_KERNELS_CUDA_HOST_DEVICE_H_

#ifdef __CUDACC__
#define TALLY_HOST_DEVICE __host__ __device__
#define TALLY_DEVICE __device__
#else
#define TALLY_HOST_DEVICE
#define TALLY_DEVICE
#endif

#endif  // TALLY_LIB_KERNELS_CUDA_HOST_DEVICE_H_
