#include "lib/model/threads.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tally {
namespace {

int64_t PageFaults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST(ThreadsTest, AThreadForEachCoreThatTheProcessMayRunOn) {
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

TEST(ThreadsTest, EachPartOfTheWorkIsDoneOnce) {
  std::vector<int> done(5);
  RunInThreads(5, [&](int i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(5, 1));
}

TEST(ThreadsTest, WhatTheFirstPartThrowsIsThrownAgain) {
  const auto work = [](int i) {
    if (i > 0) throw std::runtime_error(i == 1 ? "one" : "two");
  };
  try {
    RunInThreads(3, work);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "one");
  }
}

TEST(ThreadsTest, ThreadsServeOneCallAfterAnother) {
  std::set<std::thread::id> ids;
  std::mutex mutex;
  int calls = 0;
  const auto work = [&](int) {
    const std::lock_guard<std::mutex> lock(mutex);
    ids.insert(std::this_thread::get_id());
    ++calls;
  };
  for (const int count : {2, 4, 1, 3, 4}) RunInThreads(count, work);
  EXPECT_EQ(calls, 14);
  EXPECT_EQ(ids.size(), 4);
}

TEST(ThreadsTest, AfterAnExceptionThreadsServeOn) {
  const auto fail = [](int) { throw std::runtime_error("all"); };
  EXPECT_THROW(RunInThreads(3, fail), std::runtime_error);
  std::vector<int> done(3);
  RunInThreads(3, [&](int i) { ++done[i]; });
  EXPECT_EQ(done, std::vector<int>(3, 1));
}

TEST(ThreadsTest, WorkAndOtherThreadsMayCallItToo) {
  std::atomic<int> calls = 0;
  const auto nested = [&] { RunInThreads(2, [&](int) { RunInThreads(3, [&](int) { ++calls; }); }); };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(nested);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(calls, 4 * 2 * 3);
}

TEST(ThreadsTest, FreedMemoryIsUsedAgainWithoutNewPages) {
  KeepFreedMemory();
  constexpr size_t kBytes = size_t{40} << 20;  // 10,240 pages
  { const std::vector<char> first(kBytes, 'x'); }
  const int64_t before = PageFaults();
  { const std::vector<char> second(kBytes, 'y'); }
  EXPECT_LT(PageFaults() - before, 1000);
}

}  // namespace
}  // namespace tally
