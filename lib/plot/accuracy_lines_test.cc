#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/plot/chart.h"
#include "lib/results/cell.h"

namespace tally {
namespace {

TEST(AccuracyLinesTest, OneRunHasItsWilsonInterval) {
  AccuracyLines lines;
  lines.Add("a", 0, 20, 3, 10);
  lines.Add("a", 0, 20, 5, 30);  // at the same length
  lines.Add("a", 0, 10, 7, 7);
  lines.Add("a", 0, 30, 0, 0);  // nothing to show
  const std::vector<ChartLine> drawn = lines.Lines();
  ASSERT_EQ(drawn.size(), 1);
  EXPECT_EQ(drawn[0].name, "a");
  ASSERT_EQ(drawn[0].points.size(), 2);
  EXPECT_EQ(drawn[0].points[0].x, 10);
  EXPECT_EQ(drawn[0].points[0].y, 100);
  EXPECT_EQ(drawn[0].points[1].y, 20);
  EXPECT_EQ(drawn[0].points[1].low, 100 * WilsonInterval(8, 40).low);
  EXPECT_EQ(drawn[0].points[1].high, 100 * WilsonInterval(8, 40).high);
}

TEST(AccuracyLinesTest, SeveralRunsHaveMedianAndRange) {
  AccuracyLines lines;
  lines.Add("b", 2, 5, 1, 10);
  lines.Add("a", 4, 5, 1, 1);
  lines.Add("b", 0, 5, 9, 10);
  lines.Add("b", 1, 5, 4, 10);
  lines.Add("b", 1, 6, 4, 10);
  lines.Add("b", 2, 6, 5, 10);
  std::vector<ChartLine> drawn = lines.Lines();
  ASSERT_EQ(drawn.size(), 2);
  EXPECT_EQ(drawn[1].name, "a");  // as it is in other panels
  NameRuns(&drawn);
  EXPECT_EQ(drawn[0].name, "b");
  EXPECT_EQ(drawn[1].name, "a (1 run)");
  EXPECT_EQ(lines.Spread(), ": median and range of 3 runs");
  EXPECT_EQ(drawn[0].style, 0);
  EXPECT_EQ(drawn[1].style, 1);
  ASSERT_EQ(drawn[0].points.size(), 2);
  EXPECT_EQ(drawn[0].points[0].y, 40);
  EXPECT_EQ(drawn[0].points[0].low, 10);
  EXPECT_EQ(drawn[0].points[0].high, 90);
  EXPECT_EQ(drawn[0].points[1].y, 45);  // the middle of two
}

TEST(AccuracyLinesTest, NamesAreBareWhereAllLinesHaveEquallyManyRuns) {
  AccuracyLines lines;
  EXPECT_EQ(lines.Spread(), "");
  for (size_t run = 0; run < 2; ++run) {
    for (const char* name : {"a", "b"}) lines.Add(name, run, 5, 1, 10);
  }
  std::vector<ChartLine> drawn = lines.Lines();
  NameRuns(&drawn);
  EXPECT_EQ(drawn[1].name, "b");
  EXPECT_EQ(lines.Spread(), ": median and range of 2 runs");
}

}  // namespace
}  // namespace tally
