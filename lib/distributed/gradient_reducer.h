// Adds up the gradients of all ranks while the backward pass still runs (Li et al. 2020, arXiv 2006.15704,
// section 3.2).
//
//   1. Parameters are cut into buckets in reverse order of their creation, which is roughly the order in which the
//      backward pass finishes their gradients.
//   2. A hook on each parameter copies its gradient into the bucket as soon as it is final.
//   3. A bucket that is full, all earlier ones being under way, starts its sum over the ranks: the order is the same on
//      each rank. In a looped model the gradients of the block are final at the end only; those of a stack of layers
//      are sent layer by layer.
//   4. Finish fills in what no hook has announced, waits for all sums, and copies them back.
// Beside the gradients a bucket counts for each parameter the ranks that have one: where none has, none gets one.
#ifndef TALLY_LIB_DISTRIBUTED_GRADIENT_REDUCER_H_
#define TALLY_LIB_DISTRIBUTED_GRADIENT_REDUCER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "lib/distributed/process_group.h"

namespace tally {

// Not thread-safe, but for the hooks, which run in the one thread of a backward pass.
class GradientReducer {
 public:
  // `group` must outlive this; `parameters` are leaves of float32 that require gradient. A bucket holds `bucket_bytes`,
  // or one parameter that is larger.
  GradientReducer(ProcessGroup* group, std::vector<at::Tensor> parameters, int64_t bucket_bytes = int64_t{4} << 20);
  ~GradientReducer();

  // The next backward pass, by one thread, is the last one that adds to the gradients: sums may start within it.
  void EnableOverlap() { armed_ = true; }

  // Makes each parameter's gradient the sum over all ranks. IoError where they cannot reach each other.
  absl::Status Finish();

 private:
  struct Bucket;
  struct Entry {
    at::Tensor parameter;
    size_t bucket = 0;
    int64_t offset = 0, flag = 0;  // of the gradient and of the count in the bucket's numbers
    bool ready = false;
  };

  void AddToBucket(size_t entry, int64_t bucket_bytes);
  void AddHook(size_t entry);
  void MarkReady(size_t entry);
  void StartFullBuckets();
  absl::Status CopyBack(Bucket& bucket);

  ProcessGroup* const group_;
  std::vector<Entry> entries_;
  std::vector<Bucket> buckets_;
  size_t started_ = 0;  // buckets
  bool armed_ = false;
  absl::Status status_;  // of starting
  class Hooks;
  std::unique_ptr<Hooks> hooks_;
};

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_GRADIENT_REDUCER_H_
