#include "lib/dataset/example_spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

TokenizedProblem Example(int64_t i) {
  TokenizedProblem example;
  example.size = {i, 2 * i};
  example.ids.assign(1 + i % 50, static_cast<uint8_t>(i));
  example.answer_start = i % 7;
  example.task = i % 3;
  return example;
}

// The numbers of the examples in the order in which they come out.
std::vector<int64_t> Order(int64_t count, bool shuffle, uint64_t seed) {
  const std::unique_ptr<ExampleSpool> spool = *ExampleSpool::Open(::testing::TempDir(), shuffle, seed);
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(spool->Add(Example(i)).ok());
  EXPECT_EQ(spool->examples(), count);
  std::vector<int64_t> order;
  const absl::Status status = spool->ReadAll([&](const TokenizedProblem& example) {
    const int64_t i = example.size.first;
    EXPECT_EQ(example.size.second, 2 * i);
    EXPECT_EQ(example.ids, Example(i).ids);
    EXPECT_EQ(example.answer_start, i % 7);
    EXPECT_EQ(example.task, i % 3);
    order.push_back(i);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return order;
}

TEST(ExampleSpoolTest, WithoutShuffleExamplesKeepTheirOrder) {
  // More bytes than a chunk of the file.
  const std::vector<int64_t> order = Order(30'000, /*shuffle=*/false, 0);
  ASSERT_EQ(order.size(), 30'000);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(ExampleSpoolTest, AShuffleIsAPermutationOfItsSeed) {
  std::vector<int64_t> order = Order(5000, /*shuffle=*/true, 1);
  EXPECT_EQ(order, Order(5000, true, 1));
  EXPECT_NE(order, Order(5000, true, 2));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 5000; ++i) ASSERT_EQ(order[i], i);
}

TEST(ExampleSpoolTest, EveryOrderIsEquallyLikely) {
  std::map<std::vector<int64_t>, int> counts;
  for (uint64_t seed = 0; seed < 1200; ++seed) ++counts[Order(3, true, seed)];
  EXPECT_EQ(counts.size(), 6);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 200, 5 * 13);
}

TEST(ExampleSpoolTest, ErrorsOfTheConsumerStopIt) {
  const std::unique_ptr<ExampleSpool> spool = *ExampleSpool::Open(::testing::TempDir(), true, 0);
  for (int64_t i = 0; i < 10; ++i) ASSERT_TRUE(spool->Add(Example(i)).ok());
  int calls = 0;
  const absl::Status status =
      spool->ReadAll([&](const TokenizedProblem&) { return ++calls == 4 ? IoError("full") : absl::OkStatus(); });
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(ExitCodeOf(ExampleSpool::Open("/absent", true, 0).status()), kExitCannotCreate);
}

}  // namespace
}  // namespace tally
