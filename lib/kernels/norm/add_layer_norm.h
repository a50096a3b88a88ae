// A residual connection's sum and the layer norm that reads it, in one operator: one pass over memory where two
// operators take three, backward one where autograd takes four.
#ifndef TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_H_
#define TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_H_

#include <ATen/core/Tensor.h>

namespace tally {

struct SumAndNorm {
  at::Tensor sum, norm;
};

// Whether AddLayerNorm takes `a` and `b`: of one shape, float32, on the CPU or, in builds with its kernels, on a CUDA
// device, where b may be bfloat16 or float16.
bool SupportsAddLayerNorm(const at::Tensor& a, const at::Tensor& b);

// a + b and its layer norm over the last axis, [..., width] each; weight, bias [width]. Differentiable. Gradients of
// weight and bias are summed in parts of a fixed number of rows: they do not depend on the number of threads. The norm
// is of `norm_type`, on the CPU float32; the sum always is.
SumAndNorm AddLayerNorm(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, const at::Tensor& bias,
                        double epsilon, at::ScalarType norm_type = at::kFloat);

// The same by LibTorch's operators, on any device.
SumAndNorm AddLayerNormPlain(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, const at::Tensor& bias,
                             double epsilon);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORM_ADD_LAYER_NORM_H_
