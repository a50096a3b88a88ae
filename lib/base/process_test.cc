#include "lib/base/process.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "gtest/gtest.h"

namespace tally {
namespace {

// Runs in a process of its own, since a signal cannot be taken back: raises `first`, and after `seconds` also `second`,
// unless it is 0. Exits with 0 where the process outlives them and StopRequested was right before and after.
[[noreturn]] void CatchAndRaise(int first, int second, double seconds = 0) {
  CatchStopSignals();
  if (StopRequested()) _exit(10);
  raise(first);
  if (!StopRequested()) _exit(11);
  usleep(static_cast<useconds_t>(seconds * 1e6));
  if (second != 0) raise(second);
  _exit(0);
}

TEST(StopSignalDeathTest, TheFirstSignalIsARequest) {
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) {
    EXPECT_EXIT(CatchAndRaise(number, 0), testing::ExitedWithCode(0), "");
  }
}

TEST(StopSignalDeathTest, ASecondLaterAnotherOneEndsTheProcess) {
  EXPECT_EXIT(CatchAndRaise(SIGTERM, SIGINT, 1.01), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(CatchAndRaise(SIGUSR1, SIGTERM, 1.01), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignalDeathTest, OneThatWasPassedOnTwiceIsOneRequest) {
  EXPECT_EXIT(CatchAndRaise(SIGTERM, SIGTERM), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(CatchAndRaise(SIGTERM, SIGUSR1), testing::ExitedWithCode(0), "");
}

TEST(StopSignalTest, WithoutASignalNothingIsRequested) {
  CatchStopSignals();
  EXPECT_FALSE(StopRequested());
}

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
