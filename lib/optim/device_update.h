// The update of a step that the host does not wait for: whether loss and gradients are finite is found, and acted upon,
// where the parameters are.
//
//   1. Gradients of all trained parameters are views of one tensor, to which backward passes add; further numbers of a
//      step, its loss first, lie behind them, so that ranks add up all of it at once.
//   2. Run queues: their norm; whether it and the loss are finite; clipping; the update rules, which read learning rate
//      and number of the step from tensors; averaged weights; and zeros for the gradients of the next step.
//   3. Where something is not finite, all of it leaves parameters, memory and averages as they were.
//   4. Count tells those on the host that count updates what the outcome was, once it is known.
// Nothing in it waits for the device, and no shape in it changes, so that a device can record it once and play it
// again.
#ifndef TALLY_LIB_OPTIM_DEVICE_UPDATE_H_
#define TALLY_LIB_OPTIM_DEVICE_UPDATE_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "lib/optim/ema.h"
#include "lib/optim/optimizer.h"
#include "lib/optim/optimizer_config.pb.h"

namespace tally {

// Whether an update by `config` can do without the host: its rules have a form for it, and nothing asks for further
// passes (sam_rho, curvature) or scales layer by layer.
bool ServesOnDevice(const OptimizerConfig& config, const Optimizer& optimizer);

// Not thread-safe.
class DeviceUpdate {
 public:
  // All must outlive this; `ema` may be null. ServesOnDevice must hold. From here on the gradients of trained
  // parameters are this object's, and begin with 0. Updates count from those that `optimizer` and `ema` have made so
  // far. Rules may compute matrix products in the type `products`.
  DeviceUpdate(const OptimizerConfig& config, Optimizer* optimizer, Ema* ema, at::ScalarType products = at::kFloat,
               int64_t numbers = 1);

  // The gradients of all trained parameters and then the step's numbers, [gradients + numbers] float32; and these
  // alone, [numbers], of which number 0 is the loss. The caller writes them.
  const at::Tensor& sums() const { return sums_; }
  const at::Tensor& numbers() const { return numbers_; }

  // One update from the gradients, learning rates times `factor`, a scalar beside the parameters. Returns the global L2
  // norm of the gradients before clipping, a scalar there: where it, or the loss, is not finite, nothing has moved.
  // Gradients and numbers are 0 afterwards.
  at::Tensor Run(const at::Tensor& factor);

  // Once for each Run, in turn.
  void Count(bool finite);

 private:
  at::Tensor Clip();
  void Average(const at::Tensor& finite);

  const OptimizerConfig& config_;
  Optimizer* const optimizer_;
  Ema* const ema_;
  const at::ScalarType products_;
  std::vector<Optimizer::RuleGroup> groups_;
  at::Tensor sums_, grads_, numbers_;  // grads_, of one parameter after another, and numbers_ are parts of sums_
  at::Tensor updates_;                 // [] float64: those of the optimizer so far
  at::Tensor averaged_;                // [] float64: those of `ema` so far
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_DEVICE_UPDATE_H_
