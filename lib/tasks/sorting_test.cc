#include <gtest/gtest.h>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

TEST(SortingTest, LabelsRiseWithTheirNumbers) {
  EXPECT_EQ(AnswerTo("sorting", "A:41,B:7,C:102=", PlainOrder()), "B,A,C");
  EXPECT_EQ(AnswerTo("sorting", "A:41,B:7,C:102="), "B,A,C");  // 14, 7, 201
  EXPECT_EQ(AnswerTo("sorting", "a:12,b:3,c:12=", PlainOrder()), "b,a,c");
  EXPECT_EQ(AnswerTo("sorting", "::12,,:91,D:02="), ",,D,:");
  EXPECT_EQ(AnswerTo("sorting", "A:1,B=1"), "byte 6: found \"=\", expected ':' after a label");
}

TEST(SortingTest, HintsStandBeforeDigits) {
  LineFormat format;
  format.index_hints = true;
  EXPECT_EQ(AnswerTo("sorting", "p:A4B1,q:A7=", format), "q,p");
  EXPECT_EQ(AnswerTo("sorting", "p:A4C1,q:A7=", format), "byte 5: found \"C\", expected the hint B");
}

TEST(SortingTest, ArraysHaveNoMoreNumbersThanThereAreLabels) {
  EXPECT_TRUE(TaskNamed("sorting").CheckCell({3, 102, 2}).ok());
  EXPECT_FALSE(TaskNamed("sorting").CheckCell({3, 103, 2}).ok());
}

}  // namespace
}  // namespace tally
