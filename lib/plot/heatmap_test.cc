#include "lib/plot/heatmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Cell MakeCell(int64_t first, int64_t second, int64_t exact) {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = first;
  cell.second_digits = second;
  cell.samples = 40;
  cell.exact = exact;
  cell.model = "runs/x";
  cell.step = 9;
  cell.recurrences = 3;
  cell.trained_first_max = 2;
  cell.trained_second_max = 1;
  return cell;
}

std::vector<Cell> Grid() {
  return {MakeCell(1, 1, 40), MakeCell(1, 3, 39), MakeCell(2, 1, 40), MakeCell(2, 3, 20), MakeCell(6, 1, 1)};
}

TEST(HeatmapScriptTest, DrawsEachCellBetweenItsNeighbours) {
  const absl::StatusOr<std::string> script = HeatmapScript(Grid(), {"it's", {}}, "png");
  ASSERT_TRUE(script.ok()) << script.status();
  EXPECT_THAT(*script, StartsWith("set terminal pngcairo size 900,800"));
  EXPECT_THAT(*script, HasSubstr("set title 'it''s' noenhanced\n"));
  EXPECT_THAT(*script, HasSubstr("set cbrange [0:100]\n"));
  EXPECT_THAT(*script, HasSubstr("set xrange [0:4]\nset yrange [0.5:8]\n"));
  EXPECT_THAT(*script, HasSubstr("$cells << END\n"
                                 "1 1 0 2 0.5 1.5 100\n"
                                 "3 1 2 4 0.5 1.5 97.5\n"
                                 "1 2.75 0 2 1.5 4 100\n"
                                 "3 2.75 2 4 1.5 4 50\n"
                                 "1 6 0 2 4 8 2.5\nEND\n"));
  EXPECT_THAT(*script, HasSubstr("set object 1 rectangle from 0,0.5 to 2,4 front"));
  EXPECT_THAT(*script, HasSubstr("'trained on at most 2 and 1 digits'"));
}

TEST(HeatmapScriptTest, WithoutTrainingRangeThereIsNoOutline) {
  Cell cell = MakeCell(5, 5, 1);
  cell.trained_first_max = cell.trained_second_max = 0;
  const absl::StatusOr<std::string> script = HeatmapScript({cell}, {}, "svg");
  ASSERT_TRUE(script.ok());
  EXPECT_THAT(*script, HasSubstr("set title 'addition: exact answers, runs/x, step 9, 3 recurrences' noenhanced\n"));
  EXPECT_THAT(*script, Not(HasSubstr("rectangle")));
  EXPECT_THAT(*script, Not(HasSubstr("trained on")));
}

TEST(HeatmapTextTest, MarksTheTrainingRangeAndRoundsDown) {
  EXPECT_EQ(HeatmapText(Grid()).value(),
            "exact answers in percent; rows: digits of the first operand, columns: of the second\n"
            "           1    3 \n"
            "     1   100*  97 \n"
            "     2   100*  50 \n"
            "     6     2    . \n"
            "* trained on: at most 2 and 1 digits\n");
}

TEST(HeatmapTextTest, ThinsWhatDoesNotFitAndKeepsTheLongest) {
  std::vector<Cell> cells;
  for (int n = 1; n <= 100; ++n) cells.push_back(MakeCell(n, n, 40));
  const absl::StatusOr<std::string> text = HeatmapText(cells, 60);
  ASSERT_TRUE(text.ok());
  for (const absl::string_view line : {absl::string_view(*text).substr(text->find('\n') + 1)}) {
    EXPECT_LE(line.find('\n'), 60);
  }
  EXPECT_THAT(*text, HasSubstr(" 100 \n"));
}

void ExpectRefused(const std::vector<Cell>& cells, const std::string& message) {
  const absl::StatusOr<std::string> text = HeatmapText(cells);
  EXPECT_EQ(ExitCodeOf(text.status()), kExitBadInput);
  EXPECT_THAT(text.status().message(), HasSubstr(message));
}

TEST(HeatmapTest, RefusesCellsThatMakeNoGrid) {
  Cell given = MakeCell(1, 1, 1);
  given.problems = "nines.txt";
  ExpectRefused({given}, "no cell of a grid");
  ExpectRefused({MakeCell(3, 4, 1), MakeCell(3, 4, 1)}, "two cells of 3 x 4 digits");
  Cell other = MakeCell(2, 2, 1);
  other.model = "runs/y";
  ExpectRefused({MakeCell(3, 4, 1), other}, "cells of several models");
  ExpectRefused({MakeCell(0, 4, 1)}, "0 digits");
}

TEST(DrawHeatmapTest, DrawsPngAndSvgWhole) {
  const std::string png = ::testing::TempDir() + "/grid.png", svg = ::testing::TempDir() + "/grid.svg";
  ASSERT_TRUE(DrawHeatmap(Grid(), {"", {640, 480}}, png).ok());
  const std::string picture = ReadFile(png).value();
  EXPECT_THAT(picture, StartsWith("\x89PNG\r\n"));
  // Width and height, big-endian, in the first chunk.
  EXPECT_EQ(picture.substr(16, 8), std::string("\0\0\x02\x80\0\0\x01\xe0", 8));
  ASSERT_TRUE(DrawHeatmap(Grid(), {}, svg).ok());
  const std::string text = ReadFile(svg).value();
  EXPECT_THAT(text, HasSubstr("trained on at most 2 and 1 digits"));
  EXPECT_THAT(text, HasSubstr("</svg>"));
}

TEST(DrawHeatmapTest, RefusesWhatItCannotWrite) {
  EXPECT_EQ(ExitCodeOf(DrawHeatmap(Grid(), {}, "grid.jpg")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(DrawHeatmap(Grid(), {"", {-5, 800}}, "grid.png")), kExitUsage);
  EXPECT_EQ(ExitCodeOf(DrawHeatmap(Grid(), {}, "/nowhere/grid.png")), kExitCannotCreate);
}

TEST(DrawHeatmapTest, WithoutGnuplotSaysWhatToInstall) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const absl::Status status = DrawHeatmap(Grid(), {}, ::testing::TempDir() + "/x.png");
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(ExitCodeOf(status), kExitMissingInput);
  EXPECT_THAT(status.message(), HasSubstr("gnuplot-nox"));
}

}  // namespace
}  // namespace tally
