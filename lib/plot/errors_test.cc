#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A cell of ten answers, trained on up to five digits.
Cell CellOf(int64_t digits, int64_t exact, const std::string& errors) {
  Cell cell;
  cell.task = "addition";
  cell.model = "runs/a";
  cell.first_digits = cell.second_digits = digits;
  cell.trained_first_max = cell.trained_second_max = 5;
  cell.samples = 10;
  cell.exact = exact;
  cell.errors = *ErrorCounts::FromJson(errors);
  return cell;
}

std::vector<double> Shares(const ChartLine& line) {
  std::vector<double> shares;
  for (const ChartPoint& point : line.points) shares.push_back(point.y);
  return shares;
}

TEST(ErrorsChartTest, SharesAreOfTokensOfWrongAnswersAndOfAnswers) {
  const EvaluatedRun run = {"a",
                            {CellOf(3, 10, R"({"position":[[0,10,10]],"longest_carry_run":[[2,10,10]]})"),
                             CellOf(4, 8,
                                    R"({"position":[[0,8,10]],"first_wrong":[[0,0,1],[3,0,1]],)"
                                    R"("longest_carry_run":[[2,3,5],[3,5,5]]})")}};
  const absl::StatusOr<Chart> chart = ErrorsChart({run}, "");
  ASSERT_TRUE(chart.ok()) << chart.status();
  EXPECT_EQ(chart->title, "addition: where answers are wrong, runs/a, step 0");
  ASSERT_EQ(chart->panels.size(), 3u);
  EXPECT_THAT(Shares(chart->panels[0].lines[0]), ElementsAre(10));      // 2 of 20 tokens
  EXPECT_THAT(Shares(chart->panels[1].lines[0]), ElementsAre(50, 50));  // of two wrong answers
  EXPECT_EQ(chart->panels[2].x_label, "longest carry run");
  EXPECT_THAT(Shares(chart->panels[2].lines[0]), ElementsAre(::testing::DoubleNear(100 * 2.0 / 15, 1e-9), 0));
}

TEST(ErrorsChartTest, OneRunHasALineForEachGroupSeveralOneEach) {
  const std::string errors = R"({"position":[[0,9,10]]})";
  const EvaluatedRun run = {"a", {CellOf(5, 9, errors), CellOf(6, 9, errors)}};
  const Chart one = *ErrorsChart({run}, "");
  ASSERT_EQ(one.panels[0].lines.size(), 2u);
  EXPECT_EQ(one.panels[0].lines[0].name, "in distribution");
  EXPECT_EQ(one.panels[0].lines[1].name, "longer in both");
  Cell uneven = CellOf(6, 9, errors);
  uneven.second_digits = 1;
  const Chart three = *ErrorsChart({{"a", {CellOf(6, 9, errors), uneven, CellOf(5, 9, errors)}}}, "");
  ASSERT_EQ(three.panels[0].lines.size(), 3u);
  EXPECT_EQ(three.panels[0].lines[1].name, "longer in one operand") << "as everywhere: before both";
  EvaluatedRun other = run;
  other.label = "b";
  const Chart two = *ErrorsChart({run, other}, "");
  ASSERT_EQ(two.panels[0].lines.size(), 2u);
  EXPECT_EQ(two.panels[0].lines[1].name, "b");
}

TEST(ErrorsChartTest, RefusesCellsWithoutErrors) {
  const absl::Status status = ErrorsChart({{"a", {CellOf(3, 9, "{}")}}}, "").status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected a cell written by eval --errors"));
}

}  // namespace
}  // namespace tally
