// Random states of tokens (token_states.h) as a tensor, drawn where it is used.
#ifndef TALLY_LIB_KERNELS_NORMAL_DRAW_TOKEN_STATES_TENSOR_H_
#define TALLY_LIB_KERNELS_NORMAL_DRAW_TOKEN_STATES_TENSOR_H_

#include <ATen/core/Tensor.h>

#include "lib/kernels/normal_draw/token_states.h"

namespace tally {

// The states on `device`, [samples, end - begin, width] float32. On the CPU they are drawn in as many threads as
// LibTorch's operators have; on a CUDA device, in builds with kernels for it, there, within 1e-6 of the CPU's. Other
// devices get a copy of the CPU's.
at::Tensor TokenStatesTensor(const TokenStates& states, at::Device device);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORMAL_DRAW_TOKEN_STATES_TENSOR_H_
