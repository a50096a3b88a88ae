// The direction of a matrix without its lengths.
#ifndef TALLY_LIB_OPTIM_RULES_ORTHOGONALISE_H_
#define TALLY_LIB_OPTIM_RULES_ORTHOGONALISE_H_

#include <ATen/core/Tensor.h>

namespace tally {

// The orthogonal factor of `matrix` [rows, cols], approximately: five Newton-Schulz steps with the quintic of Jordan et
// al. 2024 ("Muon: an optimizer for hidden layers in neural networks"); singular values end between about .7 and 1.2.
at::Tensor Orthogonalise(const at::Tensor& matrix);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_ORTHOGONALISE_H_
