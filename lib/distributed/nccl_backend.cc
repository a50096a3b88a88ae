#include "lib/distributed/nccl_backend.h"

#ifdef TALLY_NCCL

#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <utility>

namespace tally {

absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeNcclBackend(const c10::intrusive_ptr<c10d::Store>& store,
                                                                  int rank, int size) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = std::chrono::hours(24);  // Liveness tells who is lost
  return c10::intrusive_ptr<c10d::Backend>(
      c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, std::move(options)));
}

}  // namespace tally

#else

#include "lib/base/exit_code.h"

namespace tally {

absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeNcclBackend(const c10::intrusive_ptr<c10d::Store>& /*store*/,
                                                                  int /*rank*/, int /*size*/) {
  return UsageError("this build has no NCCL; expected one with --config=cuda on a machine with NCCL's headers");
}

}  // namespace tally

#endif
