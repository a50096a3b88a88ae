// How much memory tensors take, for tests of what a pass keeps.
#ifndef TALLY_LIB_KERNELS_RECOMPUTE_TENSOR_MEMORY_FOR_TEST_H_
#define TALLY_LIB_KERNELS_RECOMPUTE_TENSOR_MEMORY_FOR_TEST_H_

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"

namespace tally {

// The most bytes of CPU memory that tensors made by `work`, in this thread, held at once.
inline int64_t MostTensorBytes(absl::FunctionRef<void()> work) {
  struct Count : c10::MemoryReportingInfoBase {
    void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
      now += bytes;
      most = std::max(most, now);
    }
    bool memoryProfilingEnabled() const override { return true; }

    int64_t now = 0, most = 0;
  };
  const auto count = std::make_shared<Count>();
  const c10::DebugInfoGuard counted(c10::DebugInfoKind::PROFILER_STATE, count);
  work();
  return count->most;
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RECOMPUTE_TENSOR_MEMORY_FOR_TEST_H_
