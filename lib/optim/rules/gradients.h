// What is done to gradients before a rule sees them: taken at other points than the parameters, or scaled layer by
// layer.
#ifndef TALLY_LIB_OPTIM_RULES_GRADIENTS_H_
#define TALLY_LIB_OPTIM_RULES_GRADIENTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {

// The gradients of `weights`, sharing storage; zeros for one that had no part in the loss.
std::vector<at::Tensor> GradientsOf(const std::vector<at::Tensor>& weights);

// Copies of `tensors`, which share no storage with them.
std::vector<at::Tensor> CopiesOf(const std::vector<at::Tensor>& tensors);

// Whether all numbers of all tensors are finite.
bool AreFinite(const std::vector<at::Tensor>& tensors);

// Replaces the gradients g of `weights` by those at w + rho g / |g|, where |g| is the norm over all: sharpness-aware
// minimisation, Foret et al. 2021, arXiv 2010.01412, algorithm 1. The weights are as before afterwards, bit for bit.
void GradientsAtPerturbedWeights(const std::vector<at::Tensor>& weights, double rho,
                                 absl::FunctionRef<void()> recompute);

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

// Scales the gradients of each parameter before a rule sees them: LARS, You, Gitman and Ginsburg 2017, arXiv
// 1708.03888, section 4, and LARC, which only ever slows a layer down; weight decay is taken over from the rule, whose
// own must be 0:
//
//   r = trust_coefficient |w| / (|g| + decay |w| + 1e-8), LARC: r = min(r / lr, 1); g = r (g + decay w)
//
// and g where either norm is 0. `learning_rate` is the step's. As NVIDIA's apex has it, which the reference uses.
void ScaleLayerwise(const OptimizerConfig& config, double learning_rate, ParameterGroup* group);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_GRADIENTS_H_
