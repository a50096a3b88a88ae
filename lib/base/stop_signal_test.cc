#include "lib/base/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

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

}  // namespace
}  // namespace tally
