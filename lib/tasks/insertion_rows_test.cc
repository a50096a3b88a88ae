#include "lib/tasks/insertion_rows.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

// What is written before the result.
std::string Rows(absl::string_view question) {
  const std::string answer = AnswerTo("sorting", question, WithScratchpad());
  return answer.substr(0, answer.rfind("/="));
}

TEST(InsertionRowsTest, InsertOneNumberARow) {
  EXPECT_EQ(AnswerTo("sorting", "A:14,B:7,C:07=", WithScratchpad()), "/A<A;/BA:0<BA;/CB:7>A:7><C;/=B,A,C");
}

TEST(InsertionRowsTest, EqualNumbersKeepTheirOrder) {
  EXPECT_EQ(Rows("a:12,b:12,c:12="), "/a<a;/ba:2=1=<b;/ca:2=1=b:2=1=<c;");
}

TEST(InsertionRowsTest, ComparisonsGoDownToTheFirstDifference) {
  EXPECT_EQ(Rows("a:123,b:023="), "/a<a;/ba:3=2=0<ba;");
  EXPECT_EQ(Rows("a:5,b:500="), "/a<a;/ba:0=0=5=<b;");  // 005, with leading zeros
}

TEST(InsertionRowsTest, TheResultFollowsThem) {
  EXPECT_EQ(AfterRows("/A<A;/BA:0<BA;/=B,A"), "B,A");
  EXPECT_EQ(AfterRows("/BA:1=B"), "B");  // a wrong one
  EXPECT_EQ(AfterRows("B,A"), "B,A");
}

TEST(InsertionRowsTest, LinesAreReadAgain) {
  std::string room;
  const auto read = [&](const std::string& line) {
    return std::string(TaskNamed("sorting").Parse(line, WithScratchpad(), &room).status().message());
  };
  EXPECT_EQ(read("A:14,B:7=/A<A;/BA:0<BA;/=B,A"), "");
  EXPECT_EQ(read("A:14,B:7=/A<A;!/=B,A"), "byte 15: found '!', expected rows of a scratchpad");
  EXPECT_EQ(read("A:14,B:7=/A<A;/=B,A,"), "byte 21: found the end of the line, expected a label");
}

}  // namespace
}  // namespace tally
