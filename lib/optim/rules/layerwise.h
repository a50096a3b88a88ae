// Learning rates of layers by the sizes of their weights and gradients.
#ifndef TALLY_LIB_OPTIM_RULES_LAYERWISE_H_
#define TALLY_LIB_OPTIM_RULES_LAYERWISE_H_

#include "lib/optim/rules/update_rule.h"

namespace tally {

// Scales the gradients of each parameter before a rule sees them: LARS, You, Gitman and Ginsburg 2017, arXiv
// 1708.03888, section 4, and LARC, which only ever slows a layer down; weight decay is taken over from the rule, whose
// own must be 0:
//
//   r = trust_coefficient |w| / (|g| + decay |w| + 1e-8), LARC: r = min(r / lr, 1); g = r (g + decay w)
//
// and g where either norm is 0. `learning_rate` is the step's. As NVIDIA's apex has it, which the reference uses.
void ScaleLayerwise(const OptimizerConfig& config, double learning_rate, ParameterGroup* group);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_LAYERWISE_H_
