#include "lib/eval/cell_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "lib/base/exit_code.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

ProblemFormat FormatOf(absl::string_view task) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  return format;
}

std::vector<ScoreLine> Lines(absl::string_view task, const GridCell& cell, int64_t begin, int64_t end,
                             uint64_t seed = 1) {
  CellProblems problems = *CellProblems::ForGrid(FormatOf(task), cell, seed);
  std::vector<ScoreLine> lines;
  EXPECT_TRUE(problems.AppendTo(begin, end, 5, &lines).ok());
  return lines;
}

TEST(CellProblemsTest, LengthsAndOperandsOfTheCell) {
  for (const GridCell& cell : {GridCell{3, 7, 2}, GridCell{4, 4, 2}, GridCell{4, 4, 6}}) {
    for (const ScoreLine& line : Lines("addition", cell, 0, 20)) {
      std::string room;
      const ParsedProblem problem = *ParseProblem(line.text, FormatOf("addition"), &room);
      ASSERT_EQ(problem.operands.size(), cell.operands);
      EXPECT_EQ(problem.operands[0].size(), cell.first);
      for (size_t i = 1; i < problem.operands.size(); ++i) EXPECT_EQ(problem.operands[i].size(), cell.second);
      EXPECT_TRUE(CheckAnswer(problem, FormatOf("addition")).ok()) << line.text;
      EXPECT_EQ(line.cell, 5);
    }
  }
}

TEST(CellProblemsTest, ProblemsByNumber) {
  for (const char* task : {"addition", "bitwise_or", "sorting"}) {
    const std::vector<ScoreLine> all = Lines(task, {9, 12, 2}, 0, 9), part = Lines(task, {9, 12, 2}, 4, 6);
    EXPECT_EQ(part[0].text, all[4].text);
    EXPECT_EQ(part[1].sample, all[5].sample);
    EXPECT_NE(Lines(task, {9, 12, 2}, 0, 9, /*seed=*/2)[0].text, all[0].text);
  }
}

TEST(CellProblemsTest, CountedProblemsComeOnce) {
  const CellProblems problems = *CellProblems::ForGrid(FormatOf("bitwise_or"), {3, 8, 2}, 1);
  ASSERT_EQ(problems.count(), 3);
  std::set<std::string> texts;
  for (const ScoreLine& line : Lines("bitwise_or", {3, 8, 2}, 0, 3)) texts.insert(line.text);
  EXPECT_EQ(texts.size(), 3);
}

TEST(CellProblemsTest, RefusesWhatTheTaskDoesNotHave) {
  EXPECT_EQ(ExitCodeOf(CellProblems::ForGrid(FormatOf("multiplication"), {2, 2, 3}, 1).status()), kExitUsage);
  EXPECT_EQ(ExitCodeOf(CellProblems::ForGrid(FormatOf("addition"), {2, 2, 33}, 1).status()), kExitUsage);
  EXPECT_THAT(CellProblems::ForGrid(FormatOf("sorting"), {2, 103, 2}, 1).status().message(), HasSubstr("labels"));
}

TEST(CellProblemsTest, GivenLinesAreNumberedFromZero) {
  CellProblems problems = CellProblems::OfLines({"12+3=42", "99+1=001"});
  EXPECT_EQ(problems.count(), 2);
  std::vector<ScoreLine> lines;
  ASSERT_TRUE(problems.AppendTo(1, 2, 7, &lines).ok());
  EXPECT_EQ(lines[0].text, "99+1=001");
  EXPECT_EQ(lines[0].sample, 1);
  EXPECT_EQ(lines[0].cell, 7);
}

TEST(SamplePlanTest, WithoutIntervalAllAtOnce) {
  const SamplePlan plan = {77, 0};
  EXPECT_EQ(NextLook(plan, 0), 77);
  EXPECT_FALSE(IsEnough(plan, 76, 76));
  EXPECT_TRUE(IsEnough(plan, 40, 77));
}

TEST(SamplePlanTest, FirstLookIsTheSmallestThatCanBeEnough) {
  for (const double interval : {0.3, 0.1, 0.05, 0.02, 0.001}) {
    const SamplePlan plan = {1000000, interval};
    const int64_t first = NextLook(plan, 0);
    EXPECT_TRUE(IsEnough(plan, first, first)) << interval;
    EXPECT_TRUE(IsEnough(plan, 0, first)) << interval;
    EXPECT_FALSE(IsEnough(plan, first - 1, first - 1)) << interval;
    EXPECT_EQ(NextLook(plan, first), 2 * first);
    EXPECT_FALSE(IsEnough(plan, first / 2, first)) << interval;
  }
  EXPECT_EQ(NextLook({1000, 0.05}, 0), 35);
}

TEST(SamplePlanTest, NeverMoreThanAllowed) {
  const SamplePlan plan = {50, 0.05};
  EXPECT_EQ(NextLook(plan, 35), 50);
  EXPECT_TRUE(IsEnough(plan, 25, 50));
  EXPECT_EQ(NextLook({20, 0.05}, 0), 20);
}

}  // namespace
}  // namespace tally
