#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/tasks/sampling/sampling_for_test.h"
#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(SortingTest, LabelsRiseWithTheirNumbers) {
  EXPECT_EQ(AnswerTo("sorting", "A:41,B:7,C:102=", PlainOrder()), "B,A,C");
  EXPECT_EQ(AnswerTo("sorting", "A:41,B:7,C:102="), "B,A,C");  // 14, 7, 201
  EXPECT_EQ(AnswerTo("sorting", "a:12,b:3,c:12=", PlainOrder()), "b,a,c");
  EXPECT_EQ(AnswerTo("sorting", "::12,,:91,D:02="), ",,D,:");
  EXPECT_EQ(AnswerTo("sorting", "A:1,B=1"), "byte 6: found '=', expected ':' after a label");
}

TEST(SortingTest, RandomLabelsAreAnyOfThemEachOnce) {
  LineFormat format;
  format.parameters["random_labels"] = 1;
  std::set<std::string> firsts;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, RandomStream::kTest, 0);
    std::string line, room;
    TaskNamed("sorting").Render(std::vector<std::string>(102, "3"), format, &random, &line);
    const ParsedProblem problem = *TaskNamed("sorting").Parse(line, format, &room);
    EXPECT_EQ(std::set<std::string>(problem.labels.begin(), problem.labels.end()).size(), 102);
    firsts.insert(std::string(problem.labels[0]) + std::string(problem.labels[1]));
  }
  EXPECT_EQ(firsts.size(), 20);  // of 102 * 101 beginnings
}

TEST(SortingTest, HintsStandBeforeDigits) {
  LineFormat format;
  format.index_hints = true;
  EXPECT_EQ(AnswerTo("sorting", "p:A4B1,q:A7=", format), "q,p");
  EXPECT_EQ(AnswerTo("sorting", "p:A4C1,q:A7=", format), "byte 5: found 'C', expected the hint B");
}

TEST(SortingTest, ArraysHaveNoMoreNumbersThanThereAreLabels) {
  EXPECT_TRUE(TaskNamed("sorting").CheckCell({}, {3, 102, 2}).ok());
  EXPECT_FALSE(TaskNamed("sorting").CheckCell({}, {3, 103, 2}).ok());
  EXPECT_TRUE(TaskNamed("sorting").CheckCell(WithScratchpad(), {3, 51, 2}).ok());
  EXPECT_FALSE(TaskNamed("sorting").CheckCell(WithScratchpad(), {3, 52, 2}).ok());
  DrawOptions options;
  options.second.max = 102;
  EXPECT_TRUE(TaskNamed("sorting").CheckDraw({}, options).ok());
  EXPECT_FALSE(TaskNamed("sorting").CheckDraw(WithScratchpad(), options).ok());
  options.second.max = 103;
  EXPECT_FALSE(TaskNamed("sorting").CheckDraw({}, options).ok());
}

TEST(SortingTest, ScratchpadsAreWrittenLowestDigitFirstWithLetters) {
  EXPECT_EQ(AnswerTo("sorting", "A:1,!:2=", WithScratchpad()), "byte 5: found '!', expected a label that is a letter");
  LineFormat plain = PlainOrder();
  plain.scratchpad = true;
  EXPECT_EQ(TaskNamed("sorting").CheckFormat(plain).message(),
            "a scratchpad is written least significant digit first; expected --reverse=all");
}

// Where a cell's few problems are all on the other side of a split, others are drawn.
TEST(SortingTest, SmallCellsLeaveTheGridForASplit) {
  SamplerOptions options = OfLengths({1, 3}, {1, 3});
  options.format.task = &TaskNamed("sorting");
  options.split = {Split::kTest, 0.05};
  for (uint64_t i = 0; i < 30; ++i) EXPECT_NE(Sample(options, i), "") << i;
}

}  // namespace
}  // namespace tally
