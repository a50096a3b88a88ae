#include "lib/eval/shard_cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "lib/base/streams.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

using Key = std::tuple<int64_t, int64_t, int64_t>;

Key KeyOf(const GridCell& cell) { return {cell.first, cell.second, cell.operands}; }

ProblemFormat FormatOf(const char* task, bool scratchpad = false) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  format.scratchpad = scratchpad;
  return format;
}

double CostOf(const std::vector<GridCell>& cells, const ProblemFormat& format) {
  double cost = 0;
  for (const GridCell& cell : cells) cost += PredictedCost(format, cell);
  return cost;
}

TEST(ShardCellsTest, TwentyShardsAreTheReferencesPieces) {
  const auto recorded = nlohmann::json::parse(*ReadFile("tests/data/eval_grid.json"));
  const std::vector<GridCell> cells = CellsOf(*ParseGrid("big"));
  for (int64_t i = 0; i < 20; ++i) {
    const std::string piece = absl::StrCat("_big_eval_", i / 2 + 1, i % 2 == 0 ? "_even" : "_odd");
    const std::vector<GridCell> mine = CellsOfShard(cells, FormatOf("addition"), {i, 20});
    const auto& expected = recorded[piece]["cells"];
    ASSERT_EQ(mine.size(), expected.size()) << piece;
    for (size_t k = 0; k < mine.size(); ++k) {
      EXPECT_EQ(mine[k].first, expected[k][0]) << piece << " " << k;
      EXPECT_EQ(mine[k].second, expected[k][1]) << piece << " " << k;
    }
  }
}

TEST(ShardCellsTest, EveryCellInOneShardInOrder) {
  for (const char* grid : {"big", "rows=1..4 cols=1..5:2", "rows=7 cols=1", "rows=20 operands=2..8", "over_100_1",
                           "rows=1..40 cols=1..40 min_longest=31"}) {
    const std::vector<GridCell> cells = CellsOf(*ParseGrid(grid));
    for (const int64_t count : {1, 2, 3, 7, 20, 64}) {
      std::set<Key> seen;
      for (int64_t i = 0; i < count; ++i) {
        const std::vector<GridCell> mine = CellsOfShard(cells, FormatOf("addition"), {i, count});
        for (const GridCell& cell : mine) EXPECT_TRUE(seen.insert(KeyOf(cell)).second) << grid << " " << count;
        EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end(),
                                   [](const GridCell& a, const GridCell& b) { return KeyOf(a) < KeyOf(b); }));
      }
      EXPECT_EQ(seen.size(), cells.size()) << grid << " " << count;
    }
  }
}

TEST(ShardCellsTest, CostsAreNearlyEqual) {
  struct Example {
    const char* grid;
    ProblemFormat format;
    int64_t shards;
  };
  for (const Example& e :
       {Example{"big", FormatOf("addition"), 20}, Example{"big", FormatOf("addition"), 7},
        Example{"big", FormatOf("multiplication"), 16}, Example{"sort", FormatOf("sorting"), 20},
        Example{"rows=1..12 cols=1..12", FormatOf("multiplication", /*scratchpad=*/true), 4},
        Example{"rows=1..20 operands=2..8", FormatOf("addition"), 8}, Example{"large", FormatOf("addition"), 6}}) {
    const std::vector<GridCell> cells = CellsOf(*ParseGrid(e.grid));
    const double mean = CostOf(cells, e.format) / e.shards;
    for (int64_t i = 0; i < e.shards; ++i) {
      const double cost = CostOf(CellsOfShard(cells, e.format, {i, e.shards}), e.format);
      EXPECT_GT(cost, 0.7 * mean) << e.grid << " " << i << "/" << e.shards;
      EXPECT_LT(cost, 1.3 * mean) << e.grid << " " << i << "/" << e.shards;
    }
  }
}

// Test sets may have few problems in one cell and many in another.
TEST(ShardCellsTest, CellsOfAnyCostAreInOneShard) {
  std::vector<double> costs;
  for (int i = 0; i < 30; ++i) costs.push_back(1.0 + i * 37 % 11);
  for (const int64_t count : {1, 2, 7, 30, 64}) {
    std::multiset<size_t> seen;
    for (int64_t i = 0; i < count; ++i) {
      const std::vector<size_t> mine = NumbersOfShard(costs, {i, count});
      EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
      EXPECT_EQ(mine.empty(), i >= 30) << i << "/" << count;
      seen.insert(mine.begin(), mine.end());
    }
    EXPECT_EQ(seen.size(), costs.size());
    EXPECT_EQ(std::set<size_t>(seen.begin(), seen.end()).size(), costs.size());
  }
}

TEST(ShardCellsTest, OneCostlyCellIsAShardOfItsOwn) {
  const std::vector<double> costs = {1, 1, 1, 1, 100};
  EXPECT_EQ(NumbersOfShard(costs, {0, 2}), (std::vector<size_t>{4}));
  EXPECT_EQ(NumbersOfShard(costs, {1, 2}), (std::vector<size_t>{0, 1, 2, 3}));
}

TEST(ShardCellsTest, TokensOfALine) {
  EXPECT_EQ(LineTokens(FormatOf("addition"), {3, 2, 2}), 3 + 1 + 2 + 1 + 4 + 1);          // 123+45=0168 and EOS
  EXPECT_EQ(LineTokens(FormatOf("addition"), {2, 2, 3}), 2 + 1 + 2 + 1 + 2 + 1 + 3 + 1);  // 12+34+56=102
  EXPECT_EQ(LineTokens(FormatOf("multiplication"), {3, 2, 2}), 3 + 1 + 2 + 1 + 5 + 1);
  EXPECT_EQ(LineTokens(FormatOf("sorting"), {2, 2, 0}), 2 * 4 + 1 + 1 + 3 + 1);  // A:41,B:70=B,A
  EXPECT_EQ(LineTokens(FormatOf("bitwise_or"), {3, 2, 2}), 3 + 1 + 2 + 1 + 3 + 1);
  EXPECT_EQ(LineTokens(FormatOf("parity"), {4, 4, 1}), 1 + 4 + 1 + 1 + 1);
  EXPECT_EQ(LineTokens(FormatOf("parity", /*scratchpad=*/true), {4, 4, 1}), 1 + 4 + 1 + 4 + 1);
}

}  // namespace
}  // namespace tally
