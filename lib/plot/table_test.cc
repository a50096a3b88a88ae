#include "lib/plot/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

Cell MakeCell(int64_t first, int64_t second, int64_t exact) {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = first;
  cell.second_digits = second;
  cell.samples = 10;
  cell.exact = exact;
  cell.trained_first_max = cell.trained_second_max = 20;
  return cell;
}

TEST(ComparisonTableTest, GroupsOfCells) {
  Cell given = MakeCell(0, 0, 4);
  given.problems = "nines.txt";
  const std::vector<EvaluatedRun> runs = {
      {"a", {MakeCell(1, 20, 10), MakeCell(2, 2, 9), MakeCell(21, 20, 5), MakeCell(20, 100, 3), MakeCell(21, 21, 1)}},
      {"b", {MakeCell(200, 200, 0), given}}};
  const TextTable table = ComparisonTable(runs, /*for_programs=*/false);
  EXPECT_THAT(table.header, ElementsAre("run", "in distribution, %", "longer in one operand, %", "longer in both, %",
                                        "100 digits or more, %", "nines.txt, %"));
  ASSERT_EQ(table.rows.size(), 2);
  EXPECT_THAT(table.rows[0], ElementsAre("a", "95.00 (76.39..99.11), n = 20", "40.00 (21.88..61.34), n = 20",
                                         "10.00 (1.79..40.42), n = 10", "30.00 (10.78..60.32), n = 10", "-"));
  EXPECT_THAT(table.rows[1], ElementsAre("b", "-", "-", "0.00 (0.00..27.75), n = 10", "0.00 (0.00..27.75), n = 10",
                                         "40.00 (16.82..68.73), n = 10"));
  const TextTable numbers = ComparisonTable({{"b", {given}}}, /*for_programs=*/true);
  EXPECT_THAT(numbers.header,
              ElementsAre("run", "nines.txt", "nines.txt: low", "nines.txt: high", "nines.txt: samples"));
  EXPECT_THAT(numbers.rows[0], ElementsAre("b", "0.4", "0.16818", "0.687326", "10"));
}

TEST(WorstCellsTest, TheWorstFirst) {
  const EvaluatedRun run = {"a", {MakeCell(1, 1, 10), MakeCell(5, 6, 3), MakeCell(7, 8, 0)}};
  const TextTable table = WorstCells({run}, 2);
  ASSERT_EQ(table.rows.size(), 2);
  EXPECT_EQ(table.rows[0][0], "7 x 8");
  EXPECT_EQ(table.rows[1][0], "5 x 6");
  const TextTable of_two = WorstCells({run, {"b", {MakeCell(2, 2, 1)}}}, 2);
  EXPECT_EQ(of_two.header[0], "run");
  EXPECT_EQ(of_two.rows[1][0], "b");
  EXPECT_EQ(of_two.rows[1][1], "2 x 2");
}

TEST(FormatTableTest, EscapesWhatTheFormatReads) {
  const TextTable table = {{"a|b", "50 %"}, {{"x_1, \"y\"", "1..2"}}};
  EXPECT_EQ(FormatTable(table, TableFormat::kMarkdown), "| a\\|b | 50 % |\n|---|--:|\n| x_1, \"y\" | 1..2 |\n");
  EXPECT_EQ(FormatTable(table, TableFormat::kCsv), "a|b,50 %\n\"x_1, \"\"y\"\"\",1..2\n");
  EXPECT_EQ(FormatTable(table, TableFormat::kLatex),
            "\\begin{tabular}{lr}\n\\hline\na|b & 50 \\% \\\\\n\\hline\nx\\_1, \"y\" & 1--2 \\\\\n\\hline\n"
            "\\end{tabular}\n");
}

TEST(ParseTableFormatTest, ByNameOrEnding) {
  EXPECT_EQ(*ParseTableFormat("csv", "x.md"), TableFormat::kCsv);
  EXPECT_EQ(*ParseTableFormat("", "x.tex"), TableFormat::kLatex);
  EXPECT_EQ(*ParseTableFormat("", "-"), TableFormat::kMarkdown);
  EXPECT_EQ(ExitCodeOf(ParseTableFormat("", "x").status()), kExitUsage);
  EXPECT_EQ(ExitCodeOf(ParseTableFormat("xml", "-").status()), kExitUsage);
}

}  // namespace
}  // namespace tally
