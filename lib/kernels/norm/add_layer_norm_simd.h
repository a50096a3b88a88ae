// The sum of two tensors and its layer norm on the CPU, forward and backward, without LibTorch; instructions are chosen
// at run time (Highway). For each row x = a + b of `width` features (Ba et al. 2016, arXiv 1607.06450, section 3):
//
//   y = (x - mean) * inverse * weight + bias,   inverse = 1 / sqrt(variance + epsilon), biased variance
#ifndef TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_SIMD_H_
#define TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_SIMD_H_

#include <cstdint>

namespace tally {

// a, b [rows, width]; weight, bias [width]. Writes sum, norm [rows, width] and mean, inverse of each row,
// moments [rows, 2]. Thread-safe.
void AddLayerNormForward(const float* a, const float* b, const float* weight, const float* bias, float epsilon,
                         int64_t rows, int64_t width, float* sum, float* norm, float* moments);

// grad_norm, grad_sum [rows, width], grad_sum null for zeros. Writes grad_x [rows, width], of a and of b alike, and
// grad_weight, grad_bias [width] of these rows. Thread-safe.
void AddLayerNormBackward(const float* sum, const float* moments, const float* weight, const float* grad_norm,
                          const float* grad_sum, int64_t rows, int64_t width, float* grad_x, float* grad_weight,
                          float* grad_bias);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_SIMD_H_
