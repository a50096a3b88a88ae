#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/plot/plot.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

// A run with `exact` of 10 answers right at 5 and at 9 digits.
EvaluatedRun Measured(const std::string& label, int64_t exact) {
  EvaluatedRun run = {label, {}};
  for (const int64_t digits : {5, 9}) {
    Cell cell;
    cell.task = "addition";
    cell.first_digits = cell.second_digits = digits;
    cell.samples = 10;
    cell.exact = exact;
    run.cells.push_back(cell);
  }
  return run;
}

std::vector<std::string> Names(const Panel& panel) {
  std::vector<std::string> names;
  for (const ChartLine& line : panel.lines) names.push_back(line.name);
  return names;
}

TEST(AccuracyTest, LinesAtZeroAreOne) {
  const Chart chart = *LengthsChart({Measured("a", 0), Measured("b", 5), Measured("c", 0)}, {});
  ASSERT_EQ(chart.panels.size(), 1u);
  EXPECT_THAT(Names(chart.panels[0]), ElementsAre("b", "a, c"));
  EXPECT_NE(chart.panels[0].lines[0].style, chart.panels[0].lines[1].style);
}

TEST(AccuracyTest, ALineIsAtZeroOnlyIfItIsSoInAllPanels) {
  LengthsOptions options;
  options.panels = true;
  const Chart chart = *LengthsChart({Measured("x:a", 0), Measured("x:b", 0), Measured("x:c", 0), Measured("y:a", 0),
                                     Measured("y:b", 1), Measured("y:c", 0)},
                                    options);
  ASSERT_EQ(chart.panels.size(), 2u);
  for (const Panel& panel : chart.panels) EXPECT_THAT(Names(panel), ElementsAre("b", "a, c"));
  EXPECT_EQ(chart.panels[0].lines[1].style, chart.panels[1].lines[1].style);
}

TEST(AccuracyTest, OneLineAtZeroKeepsItsName) {
  EXPECT_THAT(Names(LengthsChart({Measured("a", 0), Measured("b", 5)}, {})->panels[0]), ElementsAre("a", "b"));
}

TEST(AccuracyTest, TheAxisSaysHowManyRunsALineHas) {
  const Chart chart = *LengthsChart({Measured("a", 4), Measured("a", 5), Measured("b", 6), Measured("b", 7)}, {});
  EXPECT_EQ(chart.panels[0].y_label, "exact answers, %: median and range of 2 runs");
  EXPECT_THAT(Names(chart.panels[0]), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace tally
