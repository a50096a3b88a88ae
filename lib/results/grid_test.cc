#include "lib/results/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseLengthsTest, RangesStepsAndLists) {
  EXPECT_THAT(*ParseLengths("1..4"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*ParseLengths("1..100:33"), ElementsAre(1, 34, 67, 100));
  EXPECT_THAT(*ParseLengths("2..8:4"), ElementsAre(2, 6));
  EXPECT_THAT(*ParseLengths("50"), ElementsAre(50));
  EXPECT_THAT(*ParseLengths("100,3..4,3"), ElementsAre(3, 4, 100));
}

TEST(ParseLengthsTest, RefusesAllElse) {
  for (const char* text : {"", "0", "-1", "x", "1..", "..3", "5..1", "1..9:0", "1..9:-1", "1..9:2:3", "3:2", "1,,2",
                           "1.5", "1..2..3", "1000001", "99999999999999999999"}) {
    EXPECT_EQ(ExitCodeOf(ParseLengths(text).status()), kExitUsage) << text;
  }
}

// A short text cannot ask for days of work: ranges count each time that they are named.
TEST(ParseLengthsTest, RepetitionsHaveALimit) {
  EXPECT_EQ(ParseLengths("1..1000000,1..1000000")->size(), 1'000'000u);
  std::string text = "1";
  for (int i = 0; i < 1'000'000; ++i) text += ",1..1000000";
  EXPECT_EQ(ExitCodeOf(ParseLengths(text).status()), kExitUsage);
}

TEST(GridTest, ALongestThatNoCellHasIsRefused) {
  EXPECT_TRUE(ParseGrid("rows=1..3 cols=1..5 min_longest=5").ok());
  EXPECT_EQ(ExitCodeOf(ParseGrid("rows=1..3 cols=1..5 min_longest=6").status()), kExitUsage);
  EXPECT_EQ(ExitCodeOf(ParseGrid("rows=1..3 operands=2..5 min_longest=4").status()), kExitUsage);
}

TEST(LengthsTextTest, ShortestTextAndBack) {
  for (const char* text :
       {"7", "1,2", "1..3", "1..100", "1..100:9", "50,100", "1..20,50,100", "1..9:2,20..23", "1,5,6"}) {
    EXPECT_EQ(LengthsText(*ParseLengths(text)), text);
  }
  EXPECT_EQ(LengthsText(*ParseLengths("3,1,2,2")), "1..3");
}

TEST(GridTest, TextAndBack) {
  for (const char* text : {"rows=1..3 cols=1..100:9", "rows=5 operands=2..8", "rows=1..30 cols=1..30 min_longest=24",
                           "rows=1,2 cols=3 recurrences=1..16"}) {
    EXPECT_EQ(GridText(*ParseGrid(text)), text);
  }
}

TEST(GridTest, RefusesAllElse) {
  for (const char* text : {"", "rows=1..3", "cols=1..3", "rows=1 cols=1 operands=2", "rows=1 operands=0",
                           "rows=1 cols=1 x=2", "rows=1  cols=1", "rows=1 cols=1 min_longest=2",
                           "rows=1 cols=1 min_longest=1,2", "rows=1..100000 cols=1..100000", "rows cols"}) {
    EXPECT_EQ(ExitCodeOf(ParseGrid(text).status()), kExitUsage) << text;
  }
  EXPECT_THAT(ParseGrid("up_to_41").status().message(), HasSubstr("did you mean up_to_40"));
}

TEST(GridTest, CellsByRowsThenColumns) {
  const std::vector<GridCell> cells = CellsOf(*ParseGrid("rows=1,4 cols=2..3"));
  ASSERT_EQ(cells.size(), 4);
  EXPECT_EQ(cells[1].first, 1);
  EXPECT_EQ(cells[1].second, 3);
  EXPECT_EQ(cells[1].operands, 2);
  EXPECT_TRUE(cells[1].odd);
  EXPECT_EQ(cells[2].first, 4);
  EXPECT_TRUE(cells[2].odd);
  EXPECT_FALSE(cells[3].odd);
  const std::vector<GridCell> sums = CellsOf(*ParseGrid("rows=6 operands=3..5"));
  ASSERT_EQ(sums.size(), 3);
  EXPECT_EQ(sums[1].first, 6);
  EXPECT_EQ(sums[1].second, 6);
  EXPECT_EQ(sums[1].operands, 4);
}

// The reference's small grids, cell by cell and in its order.
TEST(GridTest, NamedGridsAreTheReferences) {
  const auto recorded = nlohmann::json::parse(*ReadFile("tests/data/eval_grid.json"));
  const std::pair<const char*, const char*> names[] = {
      {"large", "_large"}, {"ood_only", "_ood_only"}, {"up_to_40", "_up_to_40"},       {"up_to_50", "_up_to_50"},
      {"mul", "mul"},      {"pos_arth", "pos_arth"},  {"pos_arth_ood", "pos_arth_ood"}};
  for (const auto& [name, recorded_name] : names) {
    const std::vector<GridCell> cells = CellsOf(*ParseGrid(name));
    const auto& expected = recorded[recorded_name]["cells"];
    ASSERT_EQ(cells.size(), expected.size()) << name;
    for (size_t i = 0; i < cells.size(); ++i) {
      EXPECT_EQ(cells[i].first, expected[i][0]) << name << " " << i;
      EXPECT_EQ(cells[i].second, expected[i][1]) << name << " " << i;
    }
  }
  EXPECT_EQ(CellsOf(*ParseGrid("big")).size(), 10000);
  EXPECT_EQ(CellsOf(*ParseGrid("over_100_1")).size(), 60);
  EXPECT_EQ(CellsOf(*ParseGrid("over_100_4")).back().second, 600);
}

}  // namespace
}  // namespace tally
