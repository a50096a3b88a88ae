#include "lib/plot/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Cell MakeCell(int64_t digits, const std::string& model, int64_t recurrences) {
  Cell cell;
  cell.task = "addition";
  cell.first_digits = cell.second_digits = digits;
  cell.operands = 2;
  cell.samples = cell.samples_max = 10;
  cell.model = model;
  cell.step = 7;
  cell.recurrences = recurrences;
  return cell;
}

std::string File(const std::string& name, const std::vector<Cell>& cells) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::string text;
  for (const Cell& cell : cells) absl::StrAppend(&text, CellToJson(cell), "\n");
  EXPECT_TRUE(WriteFile(path, text).ok());
  return path;
}

std::vector<std::string> Labels(const std::vector<EvaluatedRun>& runs) {
  std::vector<std::string> labels;
  for (const EvaluatedRun& run : runs) labels.push_back(absl::StrCat(run.label, ":", run.cells.size()));
  return labels;
}

TEST(SplitLabelTest, PathsMayHoldEqualsSigns) {
  EXPECT_EQ(SplitLabel("a=b.jsonl").label, "a");
  EXPECT_EQ(SplitLabel("a=b.jsonl").path, "b.jsonl");
  EXPECT_EQ(SplitLabel("a=b=c").path, "b=c");
  for (const std::string path : {"./a=b.jsonl", "runs/a=b", "=b", "b", "-", ""}) {
    EXPECT_EQ(SplitLabel(path).label, "");
    EXPECT_EQ(SplitLabel(path).path, path);
  }
}

TEST(ReadRunsTest, ShardsOfARunComeTogether) {
  const std::string a = File("a", {MakeCell(1, "m", 3), MakeCell(2, "m", 3)}), b = File("b", {MakeCell(3, "m", 3)});
  EXPECT_THAT(Labels(*ReadRuns({a, b}, false)), ElementsAre("m:3"));
}

TEST(ReadRunsTest, CellsOfOneModelInTwoPrecisionsAreTwoRuns) {
  Cell rounded = MakeCell(1, "m", 3);
  rounded.precision = "BF16";
  EXPECT_THAT(Labels(*ReadRuns({File("a", {MakeCell(1, "m", 3), rounded})}, false)), ElementsAre("m:1", "BF16:1"));
}

// A pipe can be read once.
TEST(ReadRunsTest, CellsThatWereReadMayBeGroupedInBothWays) {
  const std::string a = File("a", {MakeCell(1, "m", 3), MakeCell(1, "m", 1)});
  const std::vector<LabelledCell> cells = *ReadLabelledCells({a});
  for (const bool over_recurrences : {false, true}) {
    EXPECT_EQ(Labels(*RunsOf(cells, over_recurrences)), Labels(*ReadRuns({a}, over_recurrences)));
  }
}

TEST(ReadRunsTest, RunsAreNamedByWhatDiffers) {
  const std::string a = File("a", {MakeCell(1, "m", 3), MakeCell(1, "m", 1)}), b = File("b", {MakeCell(3, "n", 3)});
  EXPECT_THAT(Labels(*ReadRuns({a}, false)), ElementsAre("3 recurrences:1", "1 recurrence:1"));
  EXPECT_THAT(Labels(*ReadRuns({a, b}, false)),
              ElementsAre("m, 3 recurrences:1", "m, 1 recurrence:1", "n, 3 recurrences:1"));
  EXPECT_THAT(Labels(*ReadRuns({a, b}, true)), ElementsAre("m:2", "n:1"));
  Cell other = MakeCell(1, "m", 3);
  other.logit_factor = 1.5;
  EXPECT_THAT(Labels(*ReadRuns({b, File("c", {other})}, false)), ElementsAre("n:1", "m, logit factor 1.5:1"));
}

TEST(ReadRunsTest, ALabelHasRunsOfItsOwn) {
  const std::string a = File("a", {MakeCell(1, "m", 3)}), b = File("b", {MakeCell(1, "n", 3)});
  EXPECT_THAT(Labels(*ReadRuns({"x=" + a, "x=" + b, "y=" + a, a}, false)), ElementsAre("x:1", "x:1", "y:1", "m:1"));
}

TEST(ReadRunsTest, OnlySeedsShareALabel) {
  const std::string a = File("a", {MakeCell(1, "m", 3), MakeCell(1, "m", 1)}), b = File("b", {MakeCell(1, "n", 3)});
  EXPECT_THAT(Labels(*ReadRuns({"x=" + a, "x=" + b}, false)),
              ElementsAre("x, 3 recurrences:1", "x, 1 recurrence:1", "x, 3 recurrences:1"));
}

TEST(ReadRunsTest, RefusesACellTwice) {
  const std::string a = File("a", {MakeCell(4, "m", 3)});
  const absl::Status status = ReadRuns({"x=" + a, "x=" + a}, false).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("two cells of 4 x 4 by m, step 7, 3 recurrences"));
}

TEST(RunsTest, OneTaskOfSeveral) {
  Cell sum = MakeCell(1, "a", 3), array = sum;
  array.task = "sorting";
  const std::string path = File("tasks.jsonl", {sum, array, MakeCell(2, "a", 3)});
  EXPECT_THAT(Labels(*ReadRuns({path}, false)), ElementsAre("addition:2", "sorting:1"));
  EXPECT_THAT(Labels(*ReadRuns({path}, false, "sorting")), ElementsAre("a:1"));
  const absl::Status none = ReadRuns({path}, false, "parity").status();
  EXPECT_EQ(ExitCodeOf(none), kExitBadInput);
  EXPECT_THAT(std::string(none.message()), HasSubstr("tasks.jsonl: found no cell of parity, expected some"));
}

}  // namespace
}  // namespace tally
