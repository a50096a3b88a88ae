#include "lib/batches/example_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace tally {
namespace {

TEST(ExampleOrderTest, OneDataSetInTheOrderOfItsFile) {
  const ExampleOrder order({{5, 1}}, /*pool_examples=*/4, /*seed=*/1, /*sequential=*/true);
  for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(order(i).example, i % 5);
}

TEST(ExampleOrderTest, AShuffledEpochLeavesOutWhatFillsNoPool) {
  const ExampleOrder order({{103, 1}}, /*pool_examples=*/20, /*seed=*/1, /*sequential=*/false);
  std::set<int64_t> first, second;
  for (int64_t i = 0; i < 100; ++i) {
    first.insert(order(i).example);
    second.insert(order(100 + i).example);
  }
  EXPECT_EQ(first.size(), 100u);
  EXPECT_EQ(second.size(), 100u);
  EXPECT_NE(first, second);  // another epoch leaves out other examples
}

// Within any block the shares are exact, and each data set's examples come once an epoch, whatever the others do.
TEST(ExampleOrderTest, DataSetsKeepTheirSharesAndEpochs) {
  const ExampleOrder order({{1000, 3}, {500, 1}}, /*pool_examples=*/20, /*seed=*/7, /*sequential=*/false);
  EXPECT_EQ(order.places(0), 3072);
  EXPECT_EQ(order.places(1), 1024);
  std::vector<std::map<int64_t, int>> seen(2);
  for (int64_t i = 0; i < 5 * kMixtureBlock; ++i) {
    const ExamplePlace place = order(i);
    ++seen[place.dataset][place.example];
  }
  for (size_t d = 0; d < 2; ++d) {
    const int64_t examples = d == 0 ? 1000 : 500;
    ASSERT_EQ(seen[d].size(), examples);
    int64_t total = 0;
    for (const auto& [example, times] : seen[d]) total += times;
    EXPECT_EQ(total, 5 * order.places(d));
    for (const auto& [example, times] : seen[d]) {
      EXPECT_GE(times, total / examples - 3) << example;  // places of a block come in any order, so an epoch's ends mix
      EXPECT_LE(times, total / examples + 3) << example;
    }
  }
}

TEST(ExampleOrderTest, DataSetsAreMixedWithinABlock) {
  const ExampleOrder order({{1000, 1}, {1000, 1}}, /*pool_examples=*/20, /*seed=*/7, /*sequential=*/true);
  int64_t of_first = 0;
  for (int64_t i = 0; i < 400; ++i) of_first += order(i).dataset == 0;
  EXPECT_NEAR(of_first, 200, 50);
  const ExampleOrder other({{1000, 1}, {1000, 1}}, /*pool_examples=*/20, /*seed=*/8, /*sequential=*/true);
  const auto datasets = [](const ExampleOrder& o) {
    std::vector<size_t> of_position;
    for (int64_t i = 0; i < 100; ++i) of_position.push_back(o(i).dataset);
    return of_position;
  };
  EXPECT_NE(datasets(order), datasets(other));
}

TEST(ExampleOrderTest, SharesAreRoundedButNeverToNothing) {
  const ExampleOrder thirds({{9, 1}, {9, 1}, {9, 1}}, 1, 0, true);
  EXPECT_EQ(thirds.places(0) + thirds.places(1) + thirds.places(2), kMixtureBlock);
  EXPECT_NEAR(thirds.places(1), 1365, 1);
  const ExampleOrder tiny({{9, 1e9}, {9, 1e-9}, {9, 1e-9}}, 1, 0, true);
  EXPECT_EQ(tiny.places(0), kMixtureBlock - 2);
  EXPECT_EQ(tiny.places(1), 1);
  EXPECT_EQ(tiny.places(2), 1);
}

TEST(PoolOrderTest, BatchesAreNeighboursInLengthInAnyOrder) {
  const BatchOptions options = {/*batch_size=*/4, /*pool_batches=*/8, /*seed=*/3};
  std::vector<PoolKey> keys;
  for (int64_t i = 0; i < 32; ++i) keys.push_back({0, i * 13 % 32});  // each length once
  const std::vector<int64_t> order = PoolOrder(keys, /*pool=*/5, options);
  std::vector<int64_t> firsts;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i % 4 == 0) firsts.push_back(keys[order[i]].length);
    EXPECT_EQ(keys[order[i]].length, firsts.back() + static_cast<int64_t>(i % 4));
  }
  EXPECT_FALSE(std::is_sorted(firsts.begin(), firsts.end()));
  std::sort(firsts.begin(), firsts.end());
  EXPECT_THAT(firsts, ::testing::ElementsAre(0, 4, 8, 12, 16, 20, 24, 28));
  EXPECT_NE(PoolOrder(keys, /*pool=*/6, options), order);
}

TEST(PoolOrderTest, ExamplesOfOneLengthKeepTheirOrder) {
  const BatchOptions options = {/*batch_size=*/5, /*pool_batches=*/1, /*seed=*/3};
  EXPECT_THAT(PoolOrder({{0, 9}, {0, 7}, {0, 9}, {0, 7}, {0, 9}}, 0, options), ::testing::ElementsAre(1, 3, 0, 2, 4));
}

TEST(PoolOrderTest, GroupsComeBeforeLengths) {
  const BatchOptions options = {/*batch_size=*/5, /*pool_batches=*/1, /*seed=*/3};
  EXPECT_THAT(PoolOrder({{2, 9}, {1, 9}, {2, 7}, {1, 8}, {0, 99}}, 0, options), ::testing::ElementsAre(4, 3, 1, 2, 0));
}

}  // namespace
}  // namespace tally
