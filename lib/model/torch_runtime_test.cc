#include "lib/model/torch_runtime.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <stdexcept>
#include <vector>

namespace tally {
namespace {

int64_t PageFaults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

// LibTorch's threads inside of `count` threads' work, and after it.
std::vector<int> TorchThreads(int count) {
  std::vector<int> threads(count + 1);
  RunInThreads(count, [&](int i) { threads[i] = at::get_num_threads(); });
  threads[count] = at::get_num_threads();
  return threads;
}

TEST(TorchRuntimeTest, LibTorchIsSerialInTheWorkAndAsBeforeAfterIt) {
  const int before = at::get_num_threads();
  for (const int threads : {3, 1}) {
    at::set_num_threads(threads);
    EXPECT_EQ(TorchThreads(1), (std::vector<int>{1, threads}));
    EXPECT_EQ(TorchThreads(3), (std::vector<int>{1, 1, 1, threads}));
  }
  at::set_num_threads(before);
}

TEST(TorchRuntimeTest, LibTorchHasItsThreadsBackAfterAnException) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  EXPECT_THROW(RunInThreads(2, [](int) { throw std::runtime_error("all"); }), std::runtime_error);
  EXPECT_EQ(at::get_num_threads(), 3);
  at::set_num_threads(before);
}

// The inner scopes end before the outer one, which LibTorch's operators after them rely on.
TEST(TorchRuntimeTest, ScopesNest) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  {
    const SerialTorch serial;
    EXPECT_EQ(TorchThreads(2), (std::vector<int>{1, 1, 1}));
    RunInThreads(2, [](int) { EXPECT_EQ(TorchThreads(2), (std::vector<int>{1, 1, 1})); });
    EXPECT_EQ(at::get_num_threads(), 1);
  }
  EXPECT_EQ(at::get_num_threads(), 3);
  at::set_num_threads(before);
}

TEST(TorchRuntimeTest, FreedMemoryIsUsedAgainWithoutNewPages) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer has an allocator of its own";
#endif
  KeepFreedMemory();
  constexpr size_t kBytes = size_t{40} << 20;  // 10,240 pages
  { const std::vector<char> first(kBytes, 'x'); }
  const int64_t before = PageFaults();
  { const std::vector<char> second(kBytes, 'y'); }
  EXPECT_LT(PageFaults() - before, 1000);
}

}  // namespace
}  // namespace tally
