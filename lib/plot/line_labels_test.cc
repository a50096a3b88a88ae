#include "lib/plot/line_labels.h"

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr PanelArea kArea = {0, 100, 500, 400};

Panel Percentages(std::vector<ChartLine> lines) {
  Panel panel;
  panel.percent = true;
  panel.lines = std::move(lines);
  return panel;
}

TEST(LineLabelsTest, StandRightOfWhereTheLineLeavesItsUpperHalf) {
  const Panel panel = Percentages({{"falls", 3, {{10, 100}, {40, 60}, {60, 10}}}, {"low", 1, {{10, 20}, {40, 5}}}});
  const std::vector<LineLabel> labels = LabelsOf(panel, kArea);
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels[0].text, "falls");
  EXPECT_EQ(labels[0].style, 3);
  EXPECT_FALSE(labels[0].ends_at_x);
  EXPECT_NEAR(labels[0].x, 0.4, 0.02);
  EXPECT_NEAR(labels[0].y, 62.0 / 104, 1e-9);
  EXPECT_NEAR(labels[1].x, 0.1, 0.02);
}

TEST(LineLabelsTest, StandUnderTheEndOfALineThatStaysHighAndAboveOneThatIsZero) {
  const Panel panel = Percentages({{"stays", 0, {{10, 100}, {99, 100}}}, {"zero", 1, {{10, 0}, {99, 0}}}});
  const std::vector<LineLabel> labels = LabelsOf(panel, kArea);
  ASSERT_EQ(labels.size(), 2u);
  for (const LineLabel& label : labels) EXPECT_TRUE(label.ends_at_x);
  EXPECT_LT(labels[0].y, 1);
  EXPECT_GT(labels[1].y, 2.0 / 104);
}

TEST(LineLabelsTest, DoNotOverlap) {
  std::vector<ChartLine> lines;
  for (int i = 0; i < 8; ++i) lines.push_back({"a line of its own", i, {{10, 100}, {30, 55.0 + i % 2}, {60, 0}}});
  const std::vector<LineLabel> labels = LabelsOf(Percentages(lines), kArea);
  ASSERT_EQ(labels.size(), 8u);
  for (size_t i = 0; i < labels.size(); ++i) {
    EXPECT_GE(labels[i].y, 0);
    EXPECT_LE(labels[i].y, 1);
    for (size_t j = 0; j < i; ++j) EXPECT_GE(std::abs(labels[i].y - labels[j].y) * kArea.height, 16.9) << i << " " << j;
  }
}

TEST(LineLabelsTest, NeedPercentagesAndShortNames) {
  Panel panel = Percentages({{"short", 0, {{1, 1}}}});
  EXPECT_TRUE(HasRoomForLabels(panel, kArea));
  panel.lines[0].name = std::string(60, 'x');
  EXPECT_FALSE(HasRoomForLabels(panel, kArea));
  panel.lines.assign(13, {"short", 0, {}});
  EXPECT_FALSE(HasRoomForLabels(panel, kArea));
  panel.lines.resize(1);
  panel.percent = false;
  EXPECT_FALSE(HasRoomForLabels(panel, kArea));
}

}  // namespace
}  // namespace tally
