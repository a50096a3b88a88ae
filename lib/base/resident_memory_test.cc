#include "lib/base/resident_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace tally {
namespace {

TEST(ResidentMemoryTest, GrowsWithWhatIsTouchedAndThePeakStays) {
  const ResidentMemory before = ResidentMegabytes();
  EXPECT_GT(before.now, 0.5);
  EXPECT_GE(before.peak, before.now - 1);  // the kernel counts in strides
  auto block = std::make_unique<std::vector<char>>(64 << 20, 'x');
  const ResidentMemory with = ResidentMegabytes();
  EXPECT_GE(with.now, before.now + 60);
  block.reset();
  const ResidentMemory after = ResidentMegabytes();
  EXPECT_LE(after.now, with.now - 60);
  EXPECT_GE(after.peak, with.now - 1);
}

}  // namespace
}  // namespace tally
