// How the operators call kernels of cuda_kernels.h.
#ifndef TALLY_LIB_KERNELS_CUDA_LAUNCH_H_
#define TALLY_LIB_KERNELS_CUDA_LAUNCH_H_

#include <ATen/core/Tensor.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include "lib/kernels/cuda/cuda_kernels.h"

namespace tally {

// Whether x is on a device for which this build has kernels.
inline bool HasCudaKernels(const at::Tensor& x) { return x.is_cuda() && FindCudaKernels() != nullptr; }

// Whether kernels read and write numbers of this type.
inline bool IsFloatKind(at::ScalarType type) {
  return type == at::kFloat || type == at::kBFloat16 || type == at::kHalf;
}

inline FloatKind KindOf(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat      ? FloatKind::kFloat
         : x.scalar_type() == at::kBFloat16 ? FloatKind::kBfloat16
                                            : FloatKind::kHalf;
}

// Launches on the current stream of x's device, where all arrays are. Throws c10::Error, as LibTorch's operators do,
// where CUDA refuses.
template <typename Arrays>
void LaunchBeside(const at::Tensor& x, const char* (*launch)(const Arrays&, void*), const Arrays& arrays) {
  const c10::DeviceGuard guard(x.device());
  const c10::Stream stream = c10::impl::VirtualGuardImpl(x.device().type()).getStream(x.device());
  const char* const error = launch(arrays, stream.native_handle());
  TORCH_CHECK(error == nullptr, "a CUDA kernel was not launched: ", error);
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_LAUNCH_H_
