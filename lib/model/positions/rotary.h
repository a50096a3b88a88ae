// Rotary position embedding.
#ifndef TALLY_LIB_MODEL_POSITIONS_ROTARY_H_
#define TALLY_LIB_MODEL_POSITIONS_ROTARY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace tally {

// The frequencies of Rotate for heads of `size` features (even): 10000^(-2j / size), j < size / 2; [size / 2]
// on the CPU.
at::Tensor RotaryFrequencies(int64_t size);

// Su et al. 2021, arXiv 2104.09864, in half-split form: with x1, x2 the halves of a head's features and the angle
// a = position * frequency, [x1, x2] -> [x1 cos a - x2 sin a, x2 cos a + x1 sin a]. x [batch, heads, seq, size],
// positions [seq] float32 -> the same shape as x.
at::Tensor Rotate(const at::Tensor& x, const at::Tensor& positions);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_ROTARY_H_
