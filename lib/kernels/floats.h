// The numbers of contiguous float32 tensors as arrays.
#ifndef TALLY_LIB_KERNELS_FLOATS_H_
#define TALLY_LIB_KERNELS_FLOATS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

// The first number, for reading; null for an undefined tensor.
inline const float* Data(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

// Where tensor[i] begins, for writing.
inline float* At(const at::Tensor& tensor, int64_t i) { return tensor.data_ptr<float>() + i * tensor.stride(0); }

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_FLOATS_H_
