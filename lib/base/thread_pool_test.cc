#include "lib/base/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tally {
namespace {

TEST(ThreadPoolTest, AThreadForEachCoreThatTheProcessMayRunOn) {
  EXPECT_EQ(ThreadCount(7), 7);
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(ThreadCount(0), CPU_COUNT(&all));
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(ThreadCount(0), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

TEST(ThreadPoolTest, EachPartOfTheWorkIsDoneOnce) {
  std::vector<int> done(5);
  RunConcurrently(5, [&](int i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(5, 1));
}

TEST(ThreadPoolTest, WhatTheFirstPartThrowsIsThrownAgain) {
  const auto work = [](int i) {
    if (i > 0) throw std::runtime_error(i == 1 ? "one" : "two");
  };
  try {
    RunConcurrently(3, work);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "one");
  }
}

TEST(ThreadPoolTest, ThreadsServeOneCallAfterAnother) {
  std::set<std::thread::id> ids;
  std::mutex mutex;
  int calls = 0;
  const auto work = [&](int) {
    const std::lock_guard<std::mutex> lock(mutex);
    ids.insert(std::this_thread::get_id());
    ++calls;
  };
  for (const int count : {2, 4, 1, 3, 4}) RunConcurrently(count, work);
  EXPECT_EQ(calls, 14);
  EXPECT_EQ(ids.size(), 4);
}

TEST(ThreadPoolTest, AfterAnExceptionThreadsServeOn) {
  const auto fail = [](int) { throw std::runtime_error("all"); };
  EXPECT_THROW(RunConcurrently(3, fail), std::runtime_error);
  std::vector<int> done(3);
  RunConcurrently(3, [&](int i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(3, 1));
}

TEST(ThreadPoolTest, WorkAndOtherThreadsMayCallItToo) {
  std::atomic<int> calls = 0;
  const auto nested = [&] { RunConcurrently(2, [&](int) { RunConcurrently(3, [&](int) { ++calls; }); }); };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(nested);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(calls, 4 * 2 * 3);
}

// Each call's memory is written by one thread and read by another: what the sanitizers look at.
TEST(ThreadPoolTest, WhatPartsWriteIsThereAfterTheCall) {
  for (int call = 0; call < 500; ++call) {
    std::vector<int> parts(4, -1);
    RunConcurrently(4, [&](int i) { parts[i] = call + i; });
    ASSERT_EQ(parts, (std::vector<int>{call, call + 1, call + 2, call + 3}));
  }
}

}  // namespace
}  // namespace tally
