#include "lib/distributed/gradient_reducer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <utility>

#include "lib/base/status_macros.h"

namespace tally {

struct GradientReducer::Bucket {
  std::vector<size_t> entries;
  int64_t size = 0;    // numbers of gradients
  size_t ready = 0;    // entries
  at::Tensor numbers;  // [size + entries] gradients, then for each entry how many ranks have one
  std::unique_ptr<PendingSum> sum;
};

// Hooks on the nodes that accumulate gradients; these exist as long as somebody holds them. The hooks outlive the
// reducer with the parameters' graphs, so they ask whether it is still there.
class GradientReducer::Hooks {
 public:
  std::vector<std::shared_ptr<torch::autograd::Node>> nodes;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

GradientReducer::GradientReducer(ProcessGroup* group, std::vector<at::Tensor> parameters, int64_t bucket_bytes)
    : group_(group), hooks_(std::make_unique<Hooks>()) {
  for (at::Tensor& parameter : parameters) {
    entries_.emplace_back();
    entries_.back().parameter = std::move(parameter);
  }
  for (size_t i = entries_.size(); i-- > 0;) AddToBucket(i, bucket_bytes);
  for (Bucket& bucket : buckets_) {
    for (size_t k = 0; k < bucket.entries.size(); ++k) {
      entries_[bucket.entries[k]].flag = bucket.size + static_cast<int64_t>(k);
    }
    bucket.numbers = at::zeros({bucket.size + static_cast<int64_t>(bucket.entries.size())},
                               entries_[bucket.entries[0]].parameter.options().requires_grad(false));
  }
  for (size_t i = 0; i < entries_.size(); ++i) AddHook(i);
}

GradientReducer::~GradientReducer() { *hooks_->alive = false; }

void GradientReducer::AddToBucket(size_t entry, int64_t bucket_bytes) {
  Entry& e = entries_[entry];
  const int64_t size = e.parameter.numel(), most = bucket_bytes / static_cast<int64_t>(sizeof(float));
  if (buckets_.empty() || (buckets_.back().size > 0 && buckets_.back().size + size > most)) buckets_.emplace_back();
  Bucket& bucket = buckets_.back();
  e.bucket = buckets_.size() - 1;
  e.offset = bucket.size;
  bucket.size += size;
  bucket.entries.push_back(entry);
}

void GradientReducer::AddHook(size_t entry) {
  using torch::autograd::Variable;
  auto node = torch::autograd::impl::grad_accumulator(entries_[entry].parameter);
  node->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
      [this, entry, alive = hooks_->alive](const std::vector<Variable>& outputs, const std::vector<Variable>&) {
        if (*alive && armed_) MarkReady(entry);
        return outputs;
      }));
  hooks_->nodes.push_back(std::move(node));
}

void GradientReducer::MarkReady(size_t entry) {
  const at::NoGradGuard no_grad;
  Entry& e = entries_[entry];
  if (e.ready) return;
  e.ready = true;
  Bucket& bucket = buckets_[e.bucket];
  const at::Tensor& grad = e.parameter.grad();
  const at::Tensor here = bucket.numbers.narrow(0, e.offset, e.parameter.numel());
  if (grad.defined()) {
    here.view(e.parameter.sizes()).copy_(grad);
  } else {
    here.zero_();
  }
  bucket.numbers[e.flag].fill_(grad.defined() ? 1 : 0);
  ++bucket.ready;
  StartFullBuckets();
}

void GradientReducer::StartFullBuckets() {
  while (started_ < buckets_.size() && buckets_[started_].ready == buckets_[started_].entries.size()) {
    Bucket& bucket = buckets_[started_++];
    if (!status_.ok()) continue;
    absl::StatusOr<std::unique_ptr<PendingSum>> sum = group_->StartSum(bucket.numbers);
    status_ = sum.status();
    if (sum.ok()) bucket.sum = *std::move(sum);
  }
}

absl::Status GradientReducer::CopyBack(Bucket& bucket) {
  TALLY_RETURN_IF_ERROR(bucket.sum->Wait());
  const at::Tensor flags = bucket.numbers.narrow(0, bucket.size, static_cast<int64_t>(bucket.entries.size())).cpu();
  for (const size_t entry : bucket.entries) {
    Entry& e = entries_[entry];
    e.ready = false;
    if (flags[e.flag - bucket.size].item<float>() == 0) continue;
    const at::Tensor sum = bucket.numbers.narrow(0, e.offset, e.parameter.numel()).view(e.parameter.sizes());
    at::Tensor& grad = e.parameter.mutable_grad();
    if (grad.defined()) {
      grad.copy_(sum);
    } else {
      grad = sum.clone();
    }
  }
  bucket.ready = 0;
  bucket.sum.reset();
  return absl::OkStatus();
}

absl::Status GradientReducer::Finish() {
  const at::NoGradGuard no_grad;
  armed_ = false;
  for (size_t i = entries_.size(); i-- > 0;) MarkReady(i);
  started_ = 0;
  TALLY_RETURN_IF_ERROR(status_);
  for (Bucket& bucket : buckets_) TALLY_RETURN_IF_ERROR(CopyBack(bucket));
  return absl::OkStatus();
}

}  // namespace tally
