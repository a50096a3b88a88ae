// ThreadSanitizer sees what absl::Mutex guards, and what nothing guards. Run with --config=tsan.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tally {
namespace {

struct Shared {
  absl::Mutex mutex;
  int turns = 0;  // guarded
  int bare = 0;   // not guarded

  bool TenTurns() const { return turns >= 10; }
  bool Never() const { return turns < 0; }
};

TEST(AbslMutexTest, WhatItGuardsIsNoRace) {
  Shared shared;
  std::thread counting([&] {
    ++shared.bare;
    for (int i = 0; i < 20; ++i) {
      const absl::MutexLock lock(&shared.mutex);
      ++shared.turns;
    }
  });
  {
    const absl::MutexLock lock(&shared.mutex);
    shared.mutex.Await(absl::Condition(&shared, &Shared::TenTurns));
    ++shared.turns;
    EXPECT_FALSE(shared.mutex.AwaitWithTimeout(absl::Condition(&shared, &Shared::Never), absl::Milliseconds(20)));
    ++shared.turns;
  }
  ++shared.bare;  // the other thread's was before its first turn
  counting.join();
  EXPECT_EQ(shared.turns, 22);
  EXPECT_EQ(shared.bare, 2);
}

TEST(AbslMutexDeathTest, WhatNothingGuardsIsReported) {
  const auto race = [] {
    Shared shared;
    std::thread other([&] { ++shared.bare; });
    ++shared.bare;
    other.join();
    std::exit(0);
  };
  EXPECT_EXIT(race(), ::testing::ExitedWithCode(66), "data race");
}

}  // namespace
}  // namespace tally
