#include "lib/train/staged_tensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

namespace tally {
namespace {

constexpr int64_t kAlignment = 64;

// The part of `bytes` from `offset` on as a tensor like `like`.
at::Tensor Place(const at::Tensor& bytes, int64_t offset, const at::Tensor& like) {
  const int64_t size = like.numel() * static_cast<int64_t>(like.element_size());
  return bytes.narrow(0, offset, size).view(like.scalar_type()).view(like.sizes());
}

}  // namespace

StagedTensors::StagedTensors(const std::vector<at::Tensor>& like, at::Device device) {
  int64_t bytes = 0;
  for (const at::Tensor& tensor : like) {
    const bool packed = tensor.defined() && tensor.is_cpu() && tensor.numel() > 0;
    offsets_.push_back(packed ? bytes : -1);
    if (!packed) continue;
    bytes += tensor.numel() * static_cast<int64_t>(tensor.element_size());
    bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  buffer_ = at::empty({bytes}, at::TensorOptions(at::kByte).device(device));
  for (size_t i = 0; i < like.size(); ++i) {
    if (IsPacked(i)) {
      tensors_.push_back(Place(buffer_, offsets_[i], like[i]));
    } else {
      tensors_.push_back(like[i].defined() ? at::empty_like(like[i]) : at::Tensor());
    }
  }
}

void StagedTensors::Refill(const std::vector<at::Tensor>& values) {
  // LibTorch's allocator gives page-locked memory out again once the copies from it are over.
  const at::Tensor host =
      at::empty(buffer_.sizes(), at::TensorOptions(at::kByte).pinned_memory(buffer_.device().is_cuda()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (IsPacked(i)) {
      Place(host, offsets_[i], values[i]).copy_(values[i]);
    } else if (values[i].defined()) {
      tensors_[i].copy_(values[i]);
    }
  }
  buffer_.copy_(host, /*non_blocking=*/true);
}

}  // namespace tally
