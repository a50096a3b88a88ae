#include "lib/eval/for_each.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

TEST(ForEachTest, CallsEachOnce) {
  for (const int threads : {1, 3}) {
    for (const int64_t count : {0, 1, 2, 100}) {
      std::vector<std::atomic<int>> calls(count);
      EXPECT_TRUE(ForEach(count, threads, [&](int64_t i) {
                    ++calls[i];
                    return absl::OkStatus();
                  }).ok());
      for (const std::atomic<int>& n : calls) EXPECT_EQ(n, 1);
    }
  }
}

TEST(ForEachTest, ReturnsTheFirstErrorAndRunsAll) {
  for (const int threads : {1, 4}) {
    std::atomic<int> calls = 0;
    const absl::Status status = ForEach(50, threads, [&](int64_t i) {
      ++calls;
      return i % 20 == 7 ? absl::InternalError(absl::StrCat(i)) : absl::OkStatus();
    });
    EXPECT_EQ(status.message(), "7");
    EXPECT_EQ(calls, 50);
  }
}

}  // namespace
}  // namespace tally
