// How large the gradients are that an optimizer gets: cut to a size, and without the scale of a loss in float16.
#ifndef TALLY_LIB_OPTIM_GRADIENT_SCALE_H_
#define TALLY_LIB_OPTIM_GRADIENT_SCALE_H_

#include <cstdint>

#include "lib/model/parameters.h"
#include "lib/optim/optimizer_config.pb.h"

namespace tally {

// Returns the global L2 norm of the parameters' gradients and cuts them: each number to -clip_value..clip_value where
// that is positive; then all are scaled by clip_norm / (norm + 1e-6) where that is below 1 and clip_norm is positive
// (Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063, section 3.2).
double ClipGradients(const Parameters& parameters, const OptimizerConfig& config);

// Dynamic scaling of the loss for gradients in float16 (Micikevicius et al. 2017, arXiv 1710.03740, section 3.2).
//
//   1. The loss is multiplied by scale() before the backward pass, so that small gradients do not round to zero.
//   2. Unscale divides the gradients. Where one is not finite the scale was too high, unless it is the least one: it is
//      halved, and the step is left out.
//   3. After kGrowthInterval good passes in a row the scale is doubled. A step has one, with SAM two.
class LossScale {
 public:
  static constexpr int64_t kGrowthInterval = 2000;  // passes
  static constexpr double kLeast = 1;

  // The scale, and the number of good passes since it last changed, are the caller's, who stores them with a run; they
  // must outlive this.
  LossScale(double* scale, int64_t* good_steps) : scale_(*scale), good_steps_(*good_steps) {}

  double scale() const { return scale_; }

  // Whether a lower scale may do where this one is too high.
  bool CanFall() const { return scale_ > kLeast; }

  // Divides the parameters' gradients by scale(), and adapts it. False where one of them is not finite: no step may be
  // made from these.
  bool Unscale(const Parameters& parameters);

 private:
  double& scale_;
  int64_t& good_steps_;
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_GRADIENT_SCALE_H_
