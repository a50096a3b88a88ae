// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in half-split form: with x1, x2 the halves of a head's
// features and a_j the angle of its pair j, [x1, x2] -> [x1 cos a - x2 sin a, x2 cos a + x1 sin a].
#ifndef TALLY_LIB_KERNELS_ROTARY_TURN_H_
#define TALLY_LIB_KERNELS_ROTARY_TURN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

// Heads x [..., seq, size] turned by angles [seq, size / 2] in radians, by ATen's operators. Differentiable in x.
at::Tensor Turned(const at::Tensor& x, const at::Tensor& angles);

// Queries, keys and values as a projection leaves them, qkv [batch, seq, 3 hidden], by role [queries of all heads,
// keys, values] or, `by_head`, of one head after another; queries and keys turned. Of float32 on CPUs in one pass,
// which overwrites qkv: nothing else may need its numbers. Differentiable in qkv.
at::Tensor TurnQueriesAndKeys(const at::Tensor& qkv, const at::Tensor& angles, int64_t heads, bool by_head);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ROTARY_TURN_H_
