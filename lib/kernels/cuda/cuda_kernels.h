// The operators of lib/kernels on CUDA devices, where LibTorch has none that fits: it would make the sum and norm of a
// residual connection in two passes, GEGLU in three, and the gradient of a relative bias by sorting all pairs of tokens
// by the few dozen numbers that they are added to. Random states of tokens are drawn where they are used.
//
// Compiled and linked with --config=cuda. The arithmetic is in headers that tests run on the CPU
// (cuda_kernels_test.cc); what is left here is the launches and a sum over the lanes of a warp, and products on tensor
// cores, which device_test.cc compares with the rest. It passed on an H100.
#ifndef TALLY_LIB_KERNELS_CUDA_CUDA_KERNELS_H_
#define TALLY_LIB_KERNELS_CUDA_CUDA_KERNELS_H_

#include <cstdint>

#include "lib/kernels/cuda/add_layer_norm_row.h"
#include "lib/kernels/cuda/geglu_element.h"
#include "lib/kernels/cuda/relative_bias_pair.h"
#include "lib/kernels/cuda/short_attention.h"
#include "lib/kernels/cuda/token_states_row.h"

namespace tally {

// Each launches its kernels on `stream`, a cudaStream_t of the current device, and returns null, or the name of CUDA's
// error. All arrays are on that device.
struct CudaKernels {
  const char* (*geglu_forward)(const GegluArrays& arrays, void* stream);
  const char* (*geglu_backward)(const GegluArrays& arrays, void* stream);
  const char* (*add_layer_norm_forward)(const AddLayerNormArrays& arrays, void* stream);
  const char* (*add_layer_norm_backward)(const AddLayerNormArrays& arrays, void* stream);
  const char* (*relative_bias_forward)(const RelativeBiasArrays& arrays, void* stream);
  const char* (*relative_bias_backward)(const RelativeBiasArrays& arrays, void* stream);
  const char* (*token_states)(const TokenStatesArrays& arrays, void* stream);
  const char* (*short_attention_forward)(const ShortAttentionArrays& arrays, void* stream);
  const char* (*short_attention_backward)(const ShortAttentionArrays& arrays, void* stream);

  // Whether a block of the current device has room for sequences of so many tokens, and tables of so many columns.
  bool (*short_attention_fits)(int64_t tokens, int64_t columns);

  int64_t most_columns;  // of a relative bias's table
};

// Null in builds without CUDA.
const CudaKernels* FindCudaKernels();

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_CUDA_KERNELS_H_
