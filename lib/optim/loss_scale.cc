#include "lib/optim/loss_scale.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

namespace tally {

bool LossScale::Unscale(const Parameters& parameters) {
  bool finite = true;
  for (const Parameter& parameter : parameters.entries()) {
    const at::Tensor& grad = parameter.tensor.grad();
    if (!grad.defined()) continue;
    grad.mul_(1 / scale_);
    finite = finite && at::isfinite(grad).all().item<bool>();
  }
  good_steps_ = finite ? good_steps_ + 1 : 0;
  if (!finite) scale_ /= 2;
  if (good_steps_ == kGrowthInterval) {
    scale_ *= 2;
    good_steps_ = 0;
  }
  return finite;
}

}  // namespace tally
