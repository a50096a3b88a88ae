// Tensors of fixed shapes on a device, refilled together from the host: values are packed into one page-locked buffer,
// which one copy brings over while the host goes on.
#ifndef TALLY_LIB_TRAIN_STAGED_TENSORS_H_
#define TALLY_LIB_TRAIN_STAGED_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace tally {

// Not thread-safe.
class StagedTensors {
 public:
  // Places for tensors like these, of which some may be undefined.
  StagedTensors(const std::vector<at::Tensor>& like, at::Device device);

  // The places: beside the device's other tensors, always the same ones; undefined where `like` is.
  const std::vector<at::Tensor>& tensors() const { return tensors_; }

  // Queues copies of `values`, whose shapes, types and devices are those of `like`. They may change as soon as this
  // returns.
  void Refill(const std::vector<at::Tensor>& values);

 private:
  bool IsPacked(size_t i) const { return offsets_[i] >= 0; }

  std::vector<int64_t> offsets_;     // into the buffer, in bytes; -1: not from the host
  at::Tensor buffer_;                // [bytes] uint8, on the device
  std::vector<at::Tensor> tensors_;  // views of it, or, of values that are on the device already, tensors
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_STAGED_TENSORS_H_
