#include "lib/results/reference_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/results/export_results.h"
#include "lib/results/reference_grid.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string Write(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::create_directories(path.parent_path());
  EXPECT_TRUE(WriteFile(path.string(), text).ok());
  return path.string();
}

// A square of zeros but for these numbers, and what follows it.
std::string Square(size_t size, const std::vector<std::vector<double>>& first_rows, int64_t last_first = 0,
                   int64_t last_second = 0) {
  ReferenceNumbers numbers = {std::vector<std::vector<double>>(size, std::vector<double>(size)), last_first,
                              last_second};
  for (size_t row = 0; row < first_rows.size(); ++row) {
    std::copy(first_rows[row].begin(), first_rows[row].end(), numbers.rows[row].begin());
  }
  return ReferenceGridJson(numbers, last_first > 0);
}

std::string Refusal(const std::string& path) {
  const auto cells = ReadResults(path);
  EXPECT_EQ(ExitCodeOf(cells.status()), kExitBadInput);
  return std::string(cells.status().message());
}

TEST(ReferenceResultsTest, AGridHasItsSharesAndNothingElse) {
  const auto cells =
      *ReadResults(Write("runs/a/downstream/2024/accs_grid_quick_large.json", Square(23, {{1, .97, .125}})));
  ASSERT_EQ(cells.size(), 23 * 23);
  EXPECT_EQ(cells[1].task, "addition");
  EXPECT_EQ(cells[1].first_digits, 1);
  EXPECT_EQ(cells[1].second_digits, 2);
  EXPECT_EQ(cells[1].exact, 97);
  EXPECT_EQ(cells[1].samples, 100);
  EXPECT_EQ(cells[2].samples, 200) << "of the numbers that the reference has, the least that gives an eighth";
  EXPECT_EQ(cells[2].exact, 25);
  EXPECT_EQ(cells[1].model, ::testing::TempDir() + "runs/a");
  EXPECT_EQ(cells[1].grid, "rows=1..23 cols=1..23");
}

// A piece has the cells of its squares up to the last one that is done; the zeros of others are no results.
TEST(ReferenceResultsTest, APieceHasItsOwnCells) {
  const std::string path = Write("accs_grid_quick_big_eval_1_odd.json", Square(100, {{0, .5, 0, 1}, {.25}}, 2, 1));
  const auto cells = *ReadResults(path);
  ASSERT_EQ(cells.size(), 23 + 1);
  EXPECT_EQ(cells[0].second_digits, 2);
  EXPECT_EQ(cells[0].exact, 50);
  EXPECT_EQ(cells.back().first_digits, 2);
  EXPECT_EQ(cells.back().exact, 25);
  size_t all = 0;
  for (int64_t step = 1; step <= 10; ++step) {
    for (const char* colour : {"_even", "_odd"}) {
      all += ReferenceGridOf(absl::StrCat("accs_grid_quick_big_eval_", step, colour, ".json"), 100)->cells.size();
    }
  }
  EXPECT_EQ(all, 10000);
}

TEST(ReferenceResultsTest, GridsOfOneNameAreToldApartBySize) {
  EXPECT_EQ(ReferenceGridOf("accs_grid_quick_ood_only.json", 30)->cells.size(), 30 * 30 - 23 * 23);
  EXPECT_EQ(ReferenceGridOf("accs_grid_quick_ood_only.json", 40)->cells.size(), 40 * 40 - 25 * 25);
  EXPECT_EQ((*ReadResults(Write("accs_grid_quick_large.json", Square(25, {})), "multiplication"))[0].task,
            "multiplication");
  EXPECT_EQ((*ReadResults(Write("accs_grid_quick_ood_only.json", Square(40, {}))))[0].task, "bitwise_or");
}

TEST(ReferenceResultsTest, SortingIsInPercents) {
  const std::string folder = "s/downstream/all_outputs_max_recurrence=8/";
  Write(folder + "acc_for_3_10.txt", "50.0");
  Write(folder + "top_1_acc_for_3_10.txt", "99.5");
  Write(folder + "acc_for_3_9.txt", "100.0\n");
  const auto cells = *ReadResults(::testing::TempDir() + folder);
  ASSERT_EQ(cells.size(), 2);
  EXPECT_EQ(cells[0].second_digits, 9);
  EXPECT_EQ(cells[0].first_exact, -1);
  EXPECT_EQ(cells[1].task, "sorting");
  EXPECT_EQ(cells[1].samples, 200);
  EXPECT_EQ(cells[1].exact, 100);
  EXPECT_EQ(cells[1].first_exact, 199);
  EXPECT_EQ(cells[1].recurrences, 8);
  EXPECT_EQ(ReadResults(::testing::TempDir() + folder + "acc_for_3_10.txt")->at(0).exact, 100);
  const auto grid = *ReadResults(Write("accs_grid_quick_2_2_3.json", "[[0.0, 90.0], [80.0, 70.0]]"));
  ASSERT_EQ(grid.size(), 3) << "the cell of one digit and one number is another job's";
  EXPECT_EQ(grid[0].exact, 90);
}

// The extended evaluation has operands of equal lengths, as far as it has come.
TEST(ReferenceResultsTest, SharesByLength) {
  const auto cells =
      *ReadResults(Write("runs/b/downstream/x/over_100_2.json", R"({"1000": 0.5, "800": 0.97})"), "multiplication");
  ASSERT_EQ(cells.size(), 2);
  EXPECT_EQ(CellName(cells[0]), "800 x 800");
  EXPECT_EQ(cells[0].task, "multiplication");
  EXPECT_EQ(cells[0].exact, 97);
  EXPECT_EQ(cells[0].samples, 100);
  EXPECT_EQ(cells[0].grid, "rows=800,1000 operands=2");
  EXPECT_EQ(cells[0].model, ::testing::TempDir() + "runs/b");
  EXPECT_EQ(cells[1].second_digits, 1000);
  const auto begun = *ReadResults(Write("over_100_1.json", R"({"101": 1.0})"));
  ASSERT_EQ(begun.size(), 1);
  EXPECT_EQ(begun[0].task, "addition");
}

TEST(ReferenceResultsTest, RefusesWhatIsNoShareByLength) {
  const auto refusal = [](const std::string& text) { return Refusal(Write("over_100_1.json", text)); };
  EXPECT_THAT(refusal("[1.0]"), HasSubstr("over_100_1.json: found no shares by length"));
  EXPECT_THAT(refusal("{}"), HasSubstr("found no shares by length"));
  EXPECT_THAT(refusal(R"({"101": 1.0, )"), HasSubstr("found no shares by length"));
  EXPECT_THAT(refusal(R"({"800": 1.0})"), HasSubstr("found the length 800, expected one of 101..160"));
  EXPECT_THAT(refusal(R"({"many": 1.0})"), HasSubstr("found the length many, expected"));
  EXPECT_THAT(refusal(R"({"101": "good"})"), HasSubstr("length 101: found \"good\", expected a share"));
  EXPECT_THAT(refusal(R"({"101": 1.5})"), HasSubstr("cell 101 x 101: found 1.5"));
  EXPECT_THAT(refusal(R"({"101": 0.5, "101": 1.0})"), HasSubstr("found the length 101 twice"));
  EXPECT_THAT(Refusal(Write("over_100_5.json", R"({"101": 1.0})")), HasSubstr("the name is none of the reference's"));
}

TEST(ReferenceResultsTest, RefusesWhatIsNoResult) {
  EXPECT_THAT(Refusal(Write("accs_grid_quick_small.json", "[[1.0]]")),
              HasSubstr("the name is none of the reference's"));
  EXPECT_THAT(Refusal(Write("accs_grid_quick_large.json", "[[1.0, 0.5], [1.0]]")),
              HasSubstr("found no square of numbers"));
  EXPECT_THAT(Refusal(Write("accs_grid_quick_large.json", "[[1.0, 0.5")), HasSubstr("found no square of numbers"));
  EXPECT_THAT(Refusal(Write("accs_grid_quick_large.json", "[[1.0]]")), HasSubstr("found 1 rows, expected 23"));
  EXPECT_THAT(Refusal(Write("accs_grid_quick_large.json", Square(23, {{1.5}}))), HasSubstr("cell 1 x 1: found 1.5"));
  EXPECT_THAT(Refusal(Write("acc_for_1_2.txt", "good")), HasSubstr("acc_for_1_2.txt: found `good`, expected percents"));
  EXPECT_THAT(Refusal(Write("acc_for_1_2.txt", "101")), HasSubstr("cell 1 x 2: found 1.01"));
  Write("nothing/here.txt", "");
  EXPECT_THAT(Refusal(::testing::TempDir() + "nothing"), HasSubstr("nothing: found no acc_for_N_M.txt"));
}

Cell CellOf(int64_t first, int64_t second, int64_t exact) {
  Cell cell;
  cell.task = "sorting";
  cell.first_digits = first;
  cell.second_digits = second;
  cell.samples = cell.samples_max = 8;
  cell.exact = exact;
  cell.first_exact = 8;
  return cell;
}

std::string WriteCells(const std::string& name, const std::vector<Cell>& cells) {
  std::string text;
  for (const Cell& cell : cells) absl::StrAppend(&text, CellToJson(cell), "\n");
  return Write(name, text);
}

TEST(ExportResultsTest, AMatrixLeavesMissingCellsEmpty) {
  const std::string cells = WriteCells("m.jsonl", {CellOf(1, 2, 8), CellOf(1, 10, 6), CellOf(30, 2, 0)});
  const std::string out = ::testing::TempDir() + "m.csv";
  ASSERT_TRUE(ExportResults({cells}, out).ok());
  EXPECT_EQ(*ReadFile(out), "first_digits,2,10\n1,1,0.75\n30,0,\n");
}

// Sums and bitwise OR have grids of one name. What is there beyond the file's grid does not change it.
TEST(ExportResultsTest, TheTaskSaysWhichGrid) {
  for (const auto& [task, rows] : {std::pair("addition", 30), {"bitwise_or", 40}}) {
    std::string lines;
    for (int64_t n = 1; n <= 40; ++n) {
      for (int64_t m = 1; m <= 40; ++m) {
        Cell cell;
        cell.task = task;
        cell.first_digits = n;
        cell.second_digits = m;
        cell.operands = 2;
        cell.samples = cell.samples_max = cell.exact = 4;
        absl::StrAppend(&lines, CellToJson(cell), "\n");
      }
    }
    const std::string out = ::testing::TempDir() + "accs_grid_quick_ood_only.json";
    const absl::Status status = ExportResults({Write("cells.jsonl", lines)}, out);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(nlohmann::json::parse(*ReadFile(out)).size(), rows) << task;
  }
}

TEST(ExportResultsTest, FilesOfTheReferenceComeBackAsTheyWere) {
  std::vector<Cell> cells = {CellOf(1, 1, 8), CellOf(1, 2, 7), CellOf(2, 1, 3), CellOf(2, 2, 0)};
  const std::string in = WriteCells("s.jsonl", cells), folder = ::testing::TempDir() + "exported/";
  ASSERT_TRUE(ExportResults({in}, folder).ok());
  EXPECT_EQ(*ReadFile(folder + "acc_for_1_2.txt"), "87.5");
  EXPECT_EQ(*ReadFile(folder + "top_1_acc_for_1_2.txt"), "100.0");
  const auto back = *ReadResults(folder);
  ASSERT_EQ(back.size(), 4);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(back[i].exact_fraction(), cells[i].exact_fraction()) << i;
  const std::string grid = ::testing::TempDir() + "accs_grid_quick_1_1_3.json";
  ASSERT_TRUE(ExportResults({folder}, grid).ok());
  EXPECT_EQ(*ReadFile(grid), "[[100.0,87.5],[37.5,0.0]]");
}

TEST(ExportResultsTest, APieceNamesItsLastCell) {
  const ReferenceGrid piece = *ReferenceGridOf("accs_grid_quick_big_eval_10_even.json", 100);
  std::vector<Cell> cells;
  for (const GridCell& c : piece.cells) cells.push_back(CellOf(c.first, c.second, 8));
  const std::string out = ::testing::TempDir() + "accs_grid_quick_big_eval_10_even.json";
  const std::string in = WriteCells("piece.jsonl", cells);
  ASSERT_TRUE(ExportResults({in}, out).ok());
  EXPECT_THAT(*ReadFile(out), ::testing::EndsWith("1.0]],100,100]"));
  EXPECT_EQ(ReadResults(out)->size(), cells.size());
  cells.pop_back();
  EXPECT_THAT(ExportResults({WriteCells("less.jsonl", cells)}, out).message(), HasSubstr("no cell of 100 x 100"));
}

TEST(ExportResultsTest, SharesByLengthComeBackAsTheyWere) {
  std::vector<Cell> cells;
  for (const int64_t length : {300, 400, 500, 600}) cells.push_back(CellOf(length, length, length / 100));
  const std::string out = ::testing::TempDir() + "over_100_4.json";
  ASSERT_TRUE(ExportResults({WriteCells("long.jsonl", cells)}, out).ok());
  EXPECT_EQ(*ReadFile(out), R"({"300":0.375,"400":0.5,"500":0.625,"600":0.75})");
  EXPECT_EQ(ReadResults(out)->back().exact_fraction(), 0.75);
  cells.erase(cells.begin());
  EXPECT_THAT(ExportResults({WriteCells("less.jsonl", cells)}, out).message(),
              HasSubstr("found no cell of 300 x 300, which over_100_4.json has"));
}

TEST(ExportResultsTest, RefusesCellsThatAreNoGrid) {
  const auto refusal = [](const std::vector<Cell>& cells, const std::string& out) {
    return std::string(ExportResults({WriteCells("bad.jsonl", cells)}, ::testing::TempDir() + out).message());
  };
  Cell other = CellOf(2, 2, 1);
  other.model = "runs/b";
  EXPECT_THAT(refusal({CellOf(1, 1, 1), other}, "x.csv"), HasSubstr("found cells of sorting, runs/b"));
  EXPECT_THAT(refusal({CellOf(1, 1, 1), CellOf(1, 1, 2)}, "x.csv"), HasSubstr("found two cells of 1 x 1"));
  other.problems = "p.txt";
  EXPECT_THAT(refusal({other}, "x.csv"), HasSubstr("found p.txt, expected cells of two lengths"));
  EXPECT_THAT(refusal({CellOf(1, 1, 1)}, "x.tsv"),
              HasSubstr("expected NAME.csv, accs_grid_quick*.json, over_100_*.json or FOLDER/"));
  EXPECT_THAT(refusal({CellOf(1, 1, 1)}, "x.json"), HasSubstr("the name is none of the reference's"));
  EXPECT_EQ(ExitCodeOf(ExportResults({}, "x.csv")), kExitUsage);
}

}  // namespace
}  // namespace tally
