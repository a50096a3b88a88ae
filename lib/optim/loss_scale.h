// Dynamic scaling of the loss for gradients in float16 (Micikevicius et al. 2017, arXiv 1710.03740, section 3.2).
//
//   1. The loss is multiplied by scale() before the backward pass, so that small gradients do not round to zero.
//   2. Unscale divides the gradients. Where one is not finite the scale was too high: it is halved, and the step is
//      left out.
//   3. After kGrowthInterval consecutive good steps the scale is doubled.
#ifndef TALLY_LIB_OPTIM_LOSS_SCALE_H_
#define TALLY_LIB_OPTIM_LOSS_SCALE_H_

#include <cstdint>

#include "lib/model/parameters.h"

namespace tally {

class LossScale {
 public:
  static constexpr int64_t kGrowthInterval = 2000;  // steps

  // The scale, and the number of good steps since it last changed, are the caller's, who stores them with a run; they
  // must outlive this.
  LossScale(double* scale, int64_t* good_steps) : scale_(*scale), good_steps_(*good_steps) {}

  double scale() const { return scale_; }

  // Divides the parameters' gradients by scale(), and adapts it. False where one of them is not finite: no step may be
  // made from these.
  bool Unscale(const Parameters& parameters);

 private:
  double& scale_;
  int64_t& good_steps_;
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_LOSS_SCALE_H_
