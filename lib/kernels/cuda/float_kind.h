// The kinds of numbers that kernels read and write; they compute in float32.
#ifndef TALLY_LIB_KERNELS_CUDA_FLOAT_KIND_H_
#define TALLY_LIB_KERNELS_CUDA_FLOAT_KIND_H_

namespace tally {

enum class FloatKind { kFloat, kBfloat16, kHalf };

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_FLOAT_KIND_H_
