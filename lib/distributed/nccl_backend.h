// c10d's NCCL process group, in builds with --config=cuda.
#ifndef TALLY_LIB_DISTRIBUTED_NCCL_BACKEND_H_
#define TALLY_LIB_DISTRIBUTED_NCCL_BACKEND_H_

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "absl/status/statusor.h"

namespace tally {

// The group of `size` ranks that meet in `store`. UsageError in builds without NCCL. May throw what c10d throws.
absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeNcclBackend(const c10::intrusive_ptr<c10d::Store>& store,
                                                                  int rank, int size);

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_NCCL_BACKEND_H_
