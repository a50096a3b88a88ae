#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

std::string Metrics(const std::string& name, int lines) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::string text;
  for (int i = 1; i <= lines; ++i) {
    absl::StrAppend(&text, "{\"step\":", i, ",\"seconds\":", 2 * i, ",\"loss\":", i, ",\"exact\":0.5}\n");
  }
  EXPECT_TRUE(WriteFile(path, text).ok());
  return path;
}

TEST(TrainingChartTest, FourPanelsALineARun) {
  const std::string a = Metrics("a.jsonl", 3), b = Metrics("b.jsonl", 2);
  const absl::StatusOr<Chart> chart = TrainingChart({"x=" + a, "y=" + b, "x=" + b}, /*over_seconds=*/true, "");
  ASSERT_TRUE(chart.ok()) << chart.status();
  EXPECT_EQ(chart->title, "training of 3 runs");
  ASSERT_EQ(chart->panels.size(), 4);
  const std::vector<ChartLine>& lines = chart->panels[0].lines;
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[0].style, 0);
  EXPECT_EQ(lines[1].style, 1);
  EXPECT_EQ(lines[2].style, 0);  // the same label, the same colour
  EXPECT_EQ(lines[0].points[2].x, 6);
  EXPECT_EQ(lines[0].points[2].y, 3);
  EXPECT_EQ(chart->panels[1].lines[0].points[0].y, 50);
}

TEST(TrainingChartTest, LongRunsAreMeansOfNeighbours) {
  const Chart chart = *TrainingChart({Metrics("long.jsonl", 599)}, /*over_seconds=*/false, "");
  const std::vector<ChartPoint>& points = chart.panels[0].lines[0].points;
  ASSERT_EQ(points.size(), 200);
  EXPECT_DOUBLE_EQ(points[0].x, 2);
  EXPECT_DOUBLE_EQ(points[0].y, 2);
  EXPECT_DOUBLE_EQ(points[199].x, 598.5);  // of the last two
}

TEST(TrainingChartTest, AMissingRunIsMissingInput) {
  EXPECT_EQ(ExitCodeOf(TrainingChart({"/nowhere/run"}, false, "").status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally
