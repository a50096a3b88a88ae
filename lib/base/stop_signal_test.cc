#include "lib/base/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace tally {
namespace {

// Runs in a process of its own, since a signal cannot be taken back: raises `first`, then `second` unless it is 0.
// Exits with 0 where the process outlives them and StopRequested was right before and after.
[[noreturn]] void CatchAndRaise(int first, int second) {
  CatchStopSignals();
  if (StopRequested()) _exit(10);
  raise(first);
  if (!StopRequested()) _exit(11);
  if (second != 0) raise(second);
  _exit(0);
}

TEST(StopSignalDeathTest, TheFirstSignalIsARequest) {
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) {
    EXPECT_EXIT(CatchAndRaise(number, 0), testing::ExitedWithCode(0), "");
  }
}

TEST(StopSignalDeathTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(CatchAndRaise(SIGTERM, SIGTERM), testing::KilledBySignal(SIGTERM), "");
  EXPECT_EXIT(CatchAndRaise(SIGTERM, SIGINT), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(CatchAndRaise(SIGUSR1, SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignalTest, WithoutASignalNothingIsRequested) {
  CatchStopSignals();
  EXPECT_FALSE(StopRequested());
}

}  // namespace
}  // namespace tally
