#include "lib/batches/row_order.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace tally {
namespace {

TEST(RowOrderTest, OneDataSetInTheOrderOfItsFile) {
  const RowOrder order({{5, 1}}, /*pool_rows=*/4, /*seed=*/1, /*sequential=*/true);
  for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(order(i).row, i % 5);
}

TEST(RowOrderTest, AShuffledEpochLeavesOutWhatFillsNoPool) {
  const RowOrder order({{103, 1}}, /*pool_rows=*/20, /*seed=*/1, /*sequential=*/false);
  std::set<int64_t> first, second;
  for (int64_t i = 0; i < 100; ++i) {
    first.insert(order(i).row);
    second.insert(order(100 + i).row);
  }
  EXPECT_EQ(first.size(), 100u);
  EXPECT_EQ(second.size(), 100u);
  EXPECT_NE(first, second);  // another epoch leaves out other rows
}

// Within any block the shares are exact, and each data set's rows come once an epoch, whatever the others do.
TEST(RowOrderTest, DataSetsKeepTheirSharesAndEpochs) {
  const RowOrder order({{1000, 3}, {500, 1}}, /*pool_rows=*/20, /*seed=*/7, /*sequential=*/false);
  EXPECT_EQ(order.places(0), 3072);
  EXPECT_EQ(order.places(1), 1024);
  std::vector<std::map<int64_t, int>> seen(2);
  for (int64_t i = 0; i < 5 * kMixtureBlock; ++i) {
    const RowPlace place = order(i);
    ++seen[place.dataset][place.row];
  }
  for (size_t d = 0; d < 2; ++d) {
    const int64_t rows = d == 0 ? 1000 : 500;
    ASSERT_EQ(seen[d].size(), rows);
    int64_t total = 0;
    for (const auto& [row, times] : seen[d]) total += times;
    EXPECT_EQ(total, 5 * order.places(d));
    for (const auto& [row, times] : seen[d]) {
      EXPECT_GE(times, total / rows - 3) << row;  // places of a block come in any order, so an epoch's ends mix
      EXPECT_LE(times, total / rows + 3) << row;
    }
  }
}

TEST(RowOrderTest, DataSetsAreMixedWithinABlock) {
  const RowOrder order({{1000, 1}, {1000, 1}}, /*pool_rows=*/20, /*seed=*/7, /*sequential=*/true);
  int64_t of_first = 0;
  for (int64_t i = 0; i < 400; ++i) of_first += order(i).dataset == 0;
  EXPECT_NEAR(of_first, 200, 50);
  const RowOrder other({{1000, 1}, {1000, 1}}, /*pool_rows=*/20, /*seed=*/8, /*sequential=*/true);
  const auto datasets = [](const RowOrder& o) {
    std::vector<size_t> of_position;
    for (int64_t i = 0; i < 100; ++i) of_position.push_back(o(i).dataset);
    return of_position;
  };
  EXPECT_NE(datasets(order), datasets(other));
}

TEST(RowOrderTest, SharesAreRoundedButNeverToNothing) {
  const RowOrder thirds({{9, 1}, {9, 1}, {9, 1}}, 1, 0, true);
  EXPECT_EQ(thirds.places(0) + thirds.places(1) + thirds.places(2), kMixtureBlock);
  EXPECT_NEAR(thirds.places(1), 1365, 1);
  const RowOrder tiny({{9, 1e9}, {9, 1e-9}, {9, 1e-9}}, 1, 0, true);
  EXPECT_EQ(tiny.places(0), kMixtureBlock - 2);
  EXPECT_EQ(tiny.places(1), 1);
  EXPECT_EQ(tiny.places(2), 1);
}

}  // namespace
}  // namespace tally
