#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(SubtractionTest, HasASign) {
  EXPECT_EQ(AnswerTo("subtraction", "123-45=", PlainOrder()), "78");
  EXPECT_EQ(AnswerTo("subtraction", "45-123=", PlainOrder()), "-78");
  EXPECT_EQ(AnswerTo("subtraction", "54-321="), "87-");
  EXPECT_EQ(AnswerTo("subtraction", "7-7="), "0");
  EXPECT_EQ(AnswerTo("subtraction", "3-2-1="), "byte 4: found '-', expected a digit or '='");
}

TEST(SubtractionTest, MeasuresBorrows) {
  const ParsedProblem problem = {{"1000", "1"}, {}, ""};
  const std::vector<ProblemMeasure> measures = TaskNamed("subtraction").Measures(problem, PlainOrder());
  ASSERT_EQ(measures.size(), 3u);
  EXPECT_EQ(measures[2].name, "longest_borrow_run");
  EXPECT_EQ(measures[2].value, 3);
}

TEST(SubtractionTest, TheSignMayStandBeforeOrBehind) {
  for (const char* line : {"45-123=-78", "45-123=78-", "45-123=-"}) {
    std::string room;
    EXPECT_TRUE(TaskNamed("subtraction").Parse(line, PlainOrder(), &room).ok()) << line;
  }
  EXPECT_EQ(AnswerTo("subtraction", "4-5=--1"), "byte 5: found '-', expected a digit or the end of the line");
}

}  // namespace
}  // namespace tally
