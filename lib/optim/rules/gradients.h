// Gradients at other points than the parameters.
#ifndef TALLY_LIB_OPTIM_RULES_GRADIENTS_H_
#define TALLY_LIB_OPTIM_RULES_GRADIENTS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/functional/function_ref.h"

namespace tally {

// The gradients of `weights`, sharing storage; zeros for one that had no part in the loss.
std::vector<at::Tensor> GradientsOf(const std::vector<at::Tensor>& weights);

std::vector<at::Tensor> CopiesOf(const std::vector<at::Tensor>& tensors);

// Whether all numbers of all tensors are finite.
bool AreFinite(const std::vector<at::Tensor>& tensors);

// Calls `recompute` with new gradients to fill, so that those read before stay, and recording switched on.
void Recompute(const std::vector<at::Tensor>& weights, absl::FunctionRef<void()> recompute);

// Replaces the gradients g of `weights` by those at w + rho g / |g|, where |g| is the norm over all: sharpness-aware
// minimisation, Foret et al. 2021, arXiv 2010.01412, algorithm 1. The weights are as before afterwards, bit for bit.
void MoveGradientsUphill(const std::vector<at::Tensor>& weights, double rho, absl::FunctionRef<void()> recompute);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_GRADIENTS_H_
