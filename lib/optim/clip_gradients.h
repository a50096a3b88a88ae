// Gradients cut to a size.
#ifndef TALLY_LIB_OPTIM_CLIP_GRADIENTS_H_
#define TALLY_LIB_OPTIM_CLIP_GRADIENTS_H_

#include "lib/model/parameters.h"
#include "lib/optim/optimizer_config.pb.h"

namespace tally {

// Returns the global L2 norm of the parameters' gradients and cuts them: each number to -clip_value..clip_value where
// that is positive; then all are scaled by clip_norm / (norm + 1e-6) where that is below 1 and clip_norm is positive
// (Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063, section 3.2).
double ClipGradients(const Parameters& parameters, const OptimizerConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_CLIP_GRADIENTS_H_
