// A constant of a model that is not among its parameters: made on the CPU, and copied to a device once.
#ifndef TALLY_LIB_MODEL_POSITIONS_DEVICE_CONSTANT_H_
#define TALLY_LIB_MODEL_POSITIONS_DEVICE_CONSTANT_H_

#include <ATen/core/Tensor.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace tally {

// Thread-safe.
class DeviceConstant {
 public:
  explicit DeviceConstant(at::Tensor on_cpu) : on_cpu_(std::move(on_cpu)) {}

  bool defined() const { return on_cpu_.defined(); }

  // The constant on `device`. Only the first call for a device copies, which a captured pass may not (lib/train).
  at::Tensor On(at::Device device) const {
    if (device.is_cpu()) return on_cpu_;
    const absl::MutexLock lock(&mutex_);
    if (!copy_.defined() || copy_.device() != device) copy_ = on_cpu_.to(device);
    return copy_;
  }

 private:
  const at::Tensor on_cpu_;
  mutable absl::Mutex mutex_;
  mutable at::Tensor copy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_DEVICE_CONSTANT_H_
