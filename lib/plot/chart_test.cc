#include "lib/plot/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/plot/picture.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Chart TwoLines() {
  Panel panel;
  panel.x_label = "digits";
  panel.y_label = "exact, %";
  panel.percent = true;
  panel.mark_x = 2;
  panel.mark_name = "longest in training: 2";
  panel.lines = {{"it's a", 0, {{1, 100, 90, 100}, {3, 50, 40, 60}}}, {"b", 1, {{1, 100, 90, 100}, {2, 0, 0, 10}}}};
  return {"title", {panel}};
}

TEST(ChartTextTest, DrawsLettersAndTables) {
  EXPECT_EQ(ChartText(TwoLines(), 31),
            "title\n"
            "\n"
            "exact, %\n"
            "     100 |*\n"
            "         |\n         |\n         |\n         |\n         |\n         |\n"
            "         |                   a\n"
            "         |\n         |\n         |\n         |\n         |\n         |\n         |\n"
            "       0 |          b\n"
            "         +--------------------\n"
            "          1      digits      3\n"
            "\n"
            "    digits                    a                    b\n"
            "         1  100.0 (90.0..100.0)  100.0 (90.0..100.0)\n"
            "         2                    -      0.0 (0.0..10.0)\n"
            "         3    50.0 (40.0..60.0)                    -\n"
            "\n"
            "a  it's a\n"
            "b  b\n"
            "longest in training: 2\n");
}

TEST(ChartScriptTest, FewIntervalsAreBarsManyABand) {
  Chart chart = TwoLines();
  EXPECT_THAT(ChartScript(chart, {}, "svg"), HasSubstr("yerrorbars"));
  for (int x = 3; x < 40; ++x) chart.panels[0].lines[1].points.push_back({double(x), 5, 0, 10});
  chart.panels[0].lines.erase(chart.panels[0].lines.begin());
  EXPECT_THAT(ChartScript(chart, {}, "svg"), HasSubstr("filledcurves"));
  EXPECT_THAT(ChartScript(chart, {}, "svg"), Not(HasSubstr("yerrorbars")));
}

// What data may hold must not stop gnuplot.
TEST(ChartScriptTest, GnuplotDrawsOddData) {
  Chart chart = TwoLines();
  Panel& panel = chart.panels[0];
  panel.percent = false;
  panel.log_x = panel.log_y = true;
  const std::vector<std::vector<ChartPoint>> odd = {
      {}, {{0, 0}}, {{1, kNothing}}, {{1, 1}}, {{1, 1e-300}, {2, 1e300}}, {{-1, 2}, {1, 2}, {1, 3}}};
  for (const std::vector<ChartPoint>& points : odd) {
    panel.lines = {{"a\nb`date`'\\", 9, points}};
    EXPECT_TRUE(RunGnuplot(ChartScript(chart, {}, "png")).ok()) << points.size();
    EXPECT_THAT(ChartText(chart), HasSubstr("title"));
  }
}

}  // namespace
}  // namespace tally
