#include "lib/eval/for_each.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "lib/model/torch_runtime.h"

namespace tally {

absl::Status ForEach(int64_t count, int threads, absl::FunctionRef<absl::Status(int64_t)> work) {
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  int64_t first_wrong = count;
  absl::Status first_error;
  const int64_t most = std::max<int64_t>(count, 1);
  RunInThreads(static_cast<int>(std::min<int64_t>(ThreadCount(threads), most)), [&](int) {
    for (int64_t i = next++; i < count; i = next++) {
      const absl::Status status = work(i);
      if (status.ok()) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      if (i < first_wrong) {
        first_wrong = i;
        first_error = status;
      }
    }
  });
  return first_error;
}

}  // namespace tally
