#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"

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
  cell.operands = 2;
  cell.samples = cell.samples_max = 40;
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
  EXPECT_THAT(*script, HasSubstr("set title 'it''s' noenhanced font ',15'\n"));
  EXPECT_THAT(*script, HasSubstr("set cbrange [0:100]\n"));
  EXPECT_THAT(*script, HasSubstr("set xrange [0:4]\nset yrange [0.5:8]\n"));
  // A pixel is 4 / 657 of a digit wide and 7.5 / 608 high.
  EXPECT_THAT(*script, HasSubstr("$rectangles << END\n"
                                 "0 2.00609 0.5 1.51234 100\n"
                                 "2 4 0.5 1.51234 97.5\n"
                                 "0 2.00609 1.5 4.01234 100\n"
                                 "2 4 1.5 4.01234 50\n"
                                 "0 2.00609 4 8 2.5\nEND\n"));
  EXPECT_THAT(*script, HasSubstr("$labels << END\n1 1 100 0xffffff\n3 1 97.5 0xffffff\n1 2.75 100 0xffffff\n"
                                 "3 2.75 50 0x202020\n1 6 2.5 0x202020\nEND\n"));
  EXPECT_THAT(*script, HasSubstr("set object 1 rectangle from 0,0.5 to 2,4 front"));
  EXPECT_THAT(*script, HasSubstr("'trained on at most 2 and 1 digits'"));
}

TEST(HeatmapScriptTest, EqualNeighboursAreOneRectangle) {
  std::vector<Cell> cells;
  for (int second = 1; second <= 9; ++second) {
    if (second != 5) cells.push_back(MakeCell(1, second, second < 8 ? 40 : 20));
  }
  cells.push_back(MakeCell(2, 5, 40));
  EXPECT_THAT(*HeatmapScript(cells, {}, "svg"), HasSubstr("$rectangles << END\n"
                                                          "0.5 4.5137 0.5 1.50329 100\n"
                                                          "5.5 7.5137 0.5 1.50329 100\n"
                                                          "7.5 9.5 0.5 1.50329 50\n"
                                                          "4.5 5.5137 1.5 2.5 100\nEND\n"));
}

TEST(HeatmapScriptTest, AxesAreThoseOfTheWholeGrid) {
  Cell cell = MakeCell(3, 4, 40);
  cell.grid = "rows=1..9 cols=2..8:2";
  const std::string script = *HeatmapScript({cell}, {}, "svg");
  EXPECT_THAT(script, HasSubstr("set xrange [1:9]\nset yrange [0.5:9.5]\n"));
  EXPECT_THAT(script, HasSubstr("$rectangles << END\n3 5.01218 2.5 3.5148 100\nEND\n"));
}

TEST(HeatmapScriptTest, OtherTasksHaveOtherAxes) {
  Cell sorting = MakeCell(3, 4, 40);
  sorting.task = "sorting";
  sorting.operands = 0;
  sorting.first_exact = 30;
  HeatmapOptions options;
  options.first_element = true;
  std::string script = *HeatmapScript({sorting}, options, "svg");
  EXPECT_THAT(script, HasSubstr("set xlabel 'numbers in the array'\nset ylabel 'digits of the longest number'\n"));
  EXPECT_THAT(script, HasSubstr("2.5 3.5 75\n"));
  EXPECT_THAT(script, HasSubstr("'sorting: right first elements, runs/x"));
  Cell sum = MakeCell(3, 3, 40);
  sum.operands = 5;
  script = *HeatmapScript({sum, MakeCell(3, 3, 20)}, {}, "svg");
  EXPECT_THAT(script, HasSubstr("set xlabel 'operands'\nset ylabel 'digits of each operand'\n"));
  EXPECT_THAT(script, HasSubstr("3.5 6.5 2.5 3.5 100\n"));
  Cell copy = MakeCell(3, 3, 40);
  copy.task = "copy";
  copy.operands = 1;
  script = *HeatmapScript({copy}, {}, "svg");
  EXPECT_THAT(script, HasSubstr("set xlabel 'operands'\nset ylabel 'digits of the operand'\n"));
}

TEST(HeatmapScriptTest, WithoutTrainingRangeThereIsNoOutline) {
  Cell cell = MakeCell(5, 5, 1);
  cell.trained_first_max = cell.trained_second_max = 0;
  const absl::StatusOr<std::string> script = HeatmapScript({cell}, {}, "svg");
  ASSERT_TRUE(script.ok());
  EXPECT_THAT(*script, HasSubstr("set title 'addition: exact answers, runs/x, step 9, 3 recurrences' noenhanced font"));
  EXPECT_THAT(*script, Not(HasSubstr("set object")));
  EXPECT_THAT(*script, Not(HasSubstr("trained on")));
}

TEST(HeatmapScriptTest, LabelsAreRoundedDown) {
  std::vector<Cell> cells = {MakeCell(1, 1, 9999), MakeCell(2, 1, 2870)};
  for (Cell& cell : cells) cell.samples = cell.samples_max = 10000;
  const absl::StatusOr<std::string> script = HeatmapScript(cells, {}, "png");
  EXPECT_THAT(*script, HasSubstr(" 99.9 0xffffff\n"));
  EXPECT_THAT(*script, HasSubstr(" 28.7 0x202020\n"));
}

TEST(HeatmapTextTest, MarksTheTrainingRangeAndRoundsDown) {
  EXPECT_EQ(HeatmapText(Grid()).value(),
            "exact answers in percent; rows: digits of the first operand, columns: digits of the second operand\n"
            "           1    3 \n"
            "     1   100*  97 \n"
            "     2   100*  50 \n"
            "     6     2    . \n"
            "* trained on: at most 2 and 1 digits\n");
}

TEST(HeatmapTextTest, ThinsWhatDoesNotFitAndKeepsTheLongest) {
  std::vector<Cell> cells;
  for (int n = 1; n <= 100; ++n) cells.push_back(MakeCell(n, n, 40));
  const absl::StatusOr<std::string> text = HeatmapText(cells, false, 60);
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
  Cell of_lengths = MakeCell(3, 4, 1);
  of_lengths.problems = "tests";
  of_lengths.grid = "cells_by=lengths";
  ExpectRefused({MakeCell(1, 1, 1), of_lengths}, "cells of several models");
  ExpectRefused({MakeCell(3, 4, 1), MakeCell(3, 4, 1)}, "two cells of 3 x 4");
  Cell other = MakeCell(2, 2, 1);
  other.model = "runs/y";
  ExpectRefused({MakeCell(3, 4, 1), other}, "cells of several models");
  ExpectRefused({MakeCell(0, 4, 1)}, "0 digits");
  EXPECT_THAT(HeatmapText({MakeCell(3, 4, 1)}, true).status().message(), HasSubstr("3 x 4 by runs/x: found no first_"));
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
