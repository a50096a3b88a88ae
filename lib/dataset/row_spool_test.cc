#include "lib/dataset/row_spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

TokenRow Row(int64_t i) {
  TokenRow row;
  row.size = {i, 2 * i};
  row.ids.assign(1 + i % 50, static_cast<uint8_t>(i));
  row.answer_start = i % 7;
  return row;
}

// The numbers of the rows in the order in which they come out.
std::vector<int64_t> Order(int64_t count, bool shuffle, uint64_t seed) {
  const std::unique_ptr<RowSpool> spool = *RowSpool::Open(::testing::TempDir(), shuffle, seed);
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(spool->Add(Row(i)).ok());
  EXPECT_EQ(spool->rows(), count);
  std::vector<int64_t> order;
  const absl::Status status = spool->ReadAll([&](const TokenRow& row) {
    const int64_t i = row.size.first;
    EXPECT_EQ(row.size.second, 2 * i);
    EXPECT_EQ(row.ids, Row(i).ids);
    EXPECT_EQ(row.answer_start, i % 7);
    order.push_back(i);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return order;
}

TEST(RowSpoolTest, WithoutShuffleRowsKeepTheirOrder) {
  // More bytes than a chunk of the file.
  const std::vector<int64_t> order = Order(30'000, /*shuffle=*/false, 0);
  ASSERT_EQ(order.size(), 30'000);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(RowSpoolTest, AShuffleIsAPermutationOfItsSeed) {
  std::vector<int64_t> order = Order(5000, /*shuffle=*/true, 1);
  EXPECT_EQ(order, Order(5000, true, 1));
  EXPECT_NE(order, Order(5000, true, 2));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 5000; ++i) ASSERT_EQ(order[i], i);
}

TEST(RowSpoolTest, EveryOrderIsEquallyLikely) {
  std::map<std::vector<int64_t>, int> counts;
  for (uint64_t seed = 0; seed < 1200; ++seed) ++counts[Order(3, true, seed)];
  EXPECT_EQ(counts.size(), 6);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 200, 5 * 13);
}

TEST(RowSpoolTest, ErrorsOfTheConsumerStopIt) {
  const std::unique_ptr<RowSpool> spool = *RowSpool::Open(::testing::TempDir(), true, 0);
  for (int64_t i = 0; i < 10; ++i) ASSERT_TRUE(spool->Add(Row(i)).ok());
  int calls = 0;
  const absl::Status status =
      spool->ReadAll([&](const TokenRow&) { return ++calls == 4 ? IoError("full") : absl::OkStatus(); });
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(ExitCodeOf(RowSpool::Open("/absent", true, 0).status()), kExitCannotCreate);
}

}  // namespace
}  // namespace tally
