#include "lib/batches/pool_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tally {
namespace {

TEST(PoolOrderTest, BatchesAreNeighboursInLengthInAnyOrder) {
  const BatchOptions options = {/*batch_size=*/4, /*pool_batches=*/8, /*seed=*/3};
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 32; ++i) lengths.push_back(i * 13 % 32);  // each length once
  const std::vector<int64_t> order = PoolOrder(lengths, /*pool=*/5, options);
  std::vector<int64_t> firsts;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i % 4 == 0) firsts.push_back(lengths[order[i]]);
    EXPECT_EQ(lengths[order[i]], firsts.back() + static_cast<int64_t>(i % 4));
  }
  EXPECT_FALSE(std::is_sorted(firsts.begin(), firsts.end()));
  std::sort(firsts.begin(), firsts.end());
  EXPECT_THAT(firsts, ::testing::ElementsAre(0, 4, 8, 12, 16, 20, 24, 28));
  EXPECT_NE(PoolOrder(lengths, /*pool=*/6, options), order);
}

TEST(PoolOrderTest, RowsOfOneLengthKeepTheirOrder) {
  const BatchOptions options = {/*batch_size=*/5, /*pool_batches=*/1, /*seed=*/3};
  EXPECT_THAT(PoolOrder({9, 7, 9, 7, 9}, 0, options), ::testing::ElementsAre(1, 3, 0, 2, 4));
}

}  // namespace
}  // namespace tally
