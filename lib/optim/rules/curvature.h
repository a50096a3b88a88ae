// The curvature of the loss from gradients alone.
#ifndef TALLY_LIB_OPTIM_RULES_CURVATURE_H_
#define TALLY_LIB_OPTIM_RULES_CURVATURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"

namespace tally {

// Hutchinson's estimate of the diagonal of the Hessian H at `weights` (Bekas, Kokiopoulou and Saad 2007, "An estimator
// for the diagonal of a matrix"), one tensor for each weight: z * Hz with random signs z, which depend on (seed, step)
// alone. Its mean is the diagonal.
//
// Hz is the central difference (g(w + h z) - g(w - h z)) / 2h, h = `distance`, of the gradients g that `recompute`
// leaves, so that operators need no second derivatives. Its error is h^2 / 6 of the fourth derivative along z, plus
// about 6e-8 |g| / h of rounding; for a quadratic loss only the latter. Weights and gradients are as before afterwards,
// bit for bit.
std::vector<at::Tensor> EstimateCurvature(const std::vector<at::Tensor>& weights, double distance, uint64_t seed,
                                          int64_t step, absl::FunctionRef<void()> recompute);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_CURVATURE_H_
