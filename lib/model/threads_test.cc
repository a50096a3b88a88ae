#include "lib/model/threads.h"

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
