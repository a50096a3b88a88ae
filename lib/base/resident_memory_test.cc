#include "lib/base/resident_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace tally {
namespace {

TEST(ResidentMemoryTest, GrowsWithWhatIsTouchedAndThePeakStays) {
  const ResidentMemory before = ResidentMegabytes();
  EXPECT_GT(before.now, 0.5);
  EXPECT_GE(before.peak, before.now - 1);  // the kernel counts in strides
  // Mapped, not allocated: a sanitizer keeps what is freed.
  constexpr size_t kBytes = size_t{64} << 20;
  void* const block = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 'x', kBytes);
  const ResidentMemory with = ResidentMegabytes();
  EXPECT_GE(with.now, before.now + 60);
  ASSERT_EQ(munmap(block, kBytes), 0);
  const ResidentMemory after = ResidentMegabytes();
  EXPECT_LE(after.now, with.now - 60);
  EXPECT_GE(after.peak, with.now - 1);
}

}  // namespace
}  // namespace tally
