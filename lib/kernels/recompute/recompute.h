// A part of a forward pass that keeps what goes into it alone: its backward pass computes it once more (Chen et al.
// 2016, arXiv 1604.06174). A pass of n such parts needs the memory of n inputs and of one part's activations, and a
// forward pass more of time.
#ifndef TALLY_LIB_KERNELS_RECOMPUTE_RECOMPUTE_H_
#define TALLY_LIB_KERNELS_RECOMPUTE_RECOMPUTE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace tally {

using TensorFunction = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// f(inputs), with its gradient in `inputs`, some of which may be undefined, and in `parameters`: the leaves that f
// reads beside them, or more of them. f gives equal results for equal inputs and keeps alive what it refers to; it is
// called here without recording gradient, and once more, under this thread's autocast and Bfloat16Scope of now, by the
// thread that runs the backward pass. Gradient in anything else that f reads is lost.
//
// The gradient is byte for byte that of f(inputs) where f uses each tensor once and computes equal bytes with and
// without recording.
at::Tensor Recomputed(TensorFunction f, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& parameters);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RECOMPUTE_RECOMPUTE_H_
