#include "lib/model/threads.h"

#include <ATen/Parallel.h>
#include <malloc.h>

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace tally {

int ThreadCount(int requested) {
  return requested > 0 ? requested : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void RunInThreads(int count, const std::function<void(int)>& work) {
  std::vector<std::exception_ptr> thrown(count);
  const auto run = [&](int i) {
    at::set_num_threads(1);
    try {
      work(i);
    } catch (...) {
      thrown[i] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < count; ++i) threads.emplace_back(run, i);
  run(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& exception : thrown) {
    if (exception) std::rethrow_exception(exception);
  }
}

void KeepFreedMemory() {
  constexpr int kMany = 1 << 30;  // bytes
  mallopt(M_MMAP_THRESHOLD, kMany);
  mallopt(M_TRIM_THRESHOLD, kMany);
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace tally
