// Causal attention on CUDA devices by one kernel forward and one backward (lib/kernels/cuda/short_attention.h).
#ifndef TALLY_LIB_KERNELS_ATTENTION_DEVICE_ATTENTION_H_
#define TALLY_LIB_KERNELS_ATTENTION_DEVICE_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "lib/kernels/attention/causal_attention.h"

namespace tally {

// Whether DeviceAttention serves tensors on `device`, sequences of `tokens` tokens and tables of `columns` columns (no
// table: 1): this build has kernels, and what a block shares fits.
bool HasDeviceAttention(at::Device device, int64_t tokens, int64_t columns);

// As CausalAttention, without `bias` and cache, for queries input.first_query, ..., end - 1, which see keys up to
// themselves: [batch, queries, hidden]. qkv and the result are float32, bfloat16 or float16, all else float32; sums are
// in float32. HasDeviceAttention must hold.
at::Tensor DeviceAttention(const CausalAttentionInput& input, int64_t end);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_DEVICE_ATTENTION_H_
