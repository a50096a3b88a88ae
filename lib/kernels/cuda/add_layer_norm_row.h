// The sum of two rows and its layer norm (formula: lib/kernels/norm/add_layer_norm_simd.h), by several lanes together:
// lane l of n takes features l, l + n, ...; `reduce` gives each lane the sum of what all lanes hand it. One lane and
// the identity are the serial computation.
#ifndef TALLY_LIB_KERNELS_CUDA_ADD_LAYER_NORM_ROW_H_
#define TALLY_LIB_KERNELS_CUDA_ADD_LAYER_NORM_ROW_H_

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace tally {

// Shapes as AddLayerNormForward and AddLayerNormBackward have them. The second term and its gradient are of kind T, the
// norm and its gradient of kind N; everything else is float32: what a branch gave is added to a sum that is kept
// exactly.
struct AddLayerNormArrays {
  int64_t rows = 0, width = 0;
  const float* weight = nullptr;  // [width]

  // Forward: read, and written.
  const float* a = nullptr;
  const void* b = nullptr;
  const float* bias = nullptr;
  float epsilon = 0;
  float* sum = nullptr;      // read backward
  float* moments = nullptr;  // [rows, 2]: mean and inverse deviation; read backward
  void* norm = nullptr;

  // Backward: read, and written.
  const void* grad_norm = nullptr;
  const float* grad_sum = nullptr;  // or null: zeros
  float* grad_x = nullptr;          // of the first term
  void* grad_b = nullptr;           // of the second, or null: the first one's is read
  float* of_parts = nullptr;        // [parts, 2, width]: gradients of weight and bias from each part of the rows
  int64_t part_rows = 0;            // rows of a part
  FloatKind term_kind = FloatKind::kFloat, norm_kind = FloatKind::kFloat;
};

// Number `at` of an array of T's.
template <typename T>
TALLY_HOST_DEVICE float NumberAt(const void* array, int64_t at) {
  return static_cast<float>(static_cast<const T*>(array)[at]);
}

template <typename T, typename N, typename Reduce>
TALLY_HOST_DEVICE void AddLayerNormRowForward(const AddLayerNormArrays& x, int64_t row, int lane, int lanes,
                                              Reduce reduce) {
  const int64_t at = row * x.width;
  float total = 0, squares = 0;
  for (int64_t c = lane; c < x.width; c += lanes) {
    x.sum[at + c] = x.a[at + c] + NumberAt<T>(x.b, at + c);
    total += x.sum[at + c];
  }
  const float mean = reduce(total) / static_cast<float>(x.width);
  for (int64_t c = lane; c < x.width; c += lanes) squares += (x.sum[at + c] - mean) * (x.sum[at + c] - mean);
  const float inverse = 1 / sqrtf(reduce(squares) / static_cast<float>(x.width) + x.epsilon);
  for (int64_t c = lane; c < x.width; c += lanes) {
    static_cast<N*>(x.norm)[at + c] = static_cast<N>((x.sum[at + c] - mean) * inverse * x.weight[c] + x.bias[c]);
  }
  if (lane == 0) x.moments[2 * row] = mean, x.moments[2 * row + 1] = inverse;
}

// With y^ = (x - mean) inverse and g = grad_norm * weight:
// grad_x = inverse (g - mean(g) - y^ mean(g y^)) + grad_sum.
template <typename T, typename N, typename Reduce>
TALLY_HOST_DEVICE void AddLayerNormRowBackward(const AddLayerNormArrays& x, int64_t row, int lane, int lanes,
                                               Reduce reduce) {
  const int64_t at = row * x.width;
  const float mean = x.moments[2 * row], inverse = x.moments[2 * row + 1];
  float total = 0, along = 0;
  for (int64_t c = lane; c < x.width; c += lanes) {
    const float g = NumberAt<N>(x.grad_norm, at + c) * x.weight[c];
    total += g;
    along += g * (x.sum[at + c] - mean) * inverse;
  }
  const float mean_g = reduce(total) / static_cast<float>(x.width);
  const float mean_along = reduce(along) / static_cast<float>(x.width);
  for (int64_t c = lane; c < x.width; c += lanes) {
    const float g = NumberAt<N>(x.grad_norm, at + c) * x.weight[c], y = (x.sum[at + c] - mean) * inverse;
    const float grad = inverse * (g - mean_g - y * mean_along) + (x.grad_sum == nullptr ? 0 : x.grad_sum[at + c]);
    x.grad_x[at + c] = grad;
    if (x.grad_b != nullptr) static_cast<T*>(x.grad_b)[at + c] = static_cast<T>(grad);
  }
}

// The gradients of weight and bias at feature c from one part of the rows.
template <typename N>
TALLY_HOST_DEVICE void AddLayerNormPartBackward(const AddLayerNormArrays& x, int64_t part, int64_t c) {
  const int64_t first = part * x.part_rows, end = first + x.part_rows < x.rows ? first + x.part_rows : x.rows;
  float weight = 0, bias = 0;
  for (int64_t row = first; row < end; ++row) {
    const float g = NumberAt<N>(x.grad_norm, row * x.width + c);
    weight += g * (x.sum[row * x.width + c] - x.moments[2 * row]) * x.moments[2 * row + 1];
    bias += g;
  }
  x.of_parts[2 * part * x.width + c] = weight;
  x.of_parts[(2 * part + 1) * x.width + c] = bias;
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_ADD_LAYER_NORM_ROW_H_
