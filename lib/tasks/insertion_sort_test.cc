#include "lib/tasks/insertion_sort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/tasks/task_for_test.h"

namespace tally {
namespace {

using ::testing::ElementsAre;

// The variables of token `token` of the answer to `line` after `recurrences`.
std::vector<int> StateAt(const std::string& line, int64_t recurrences, size_t token) {
  const ParsedProblem problem = [&] {
    static std::string& room = *new std::string();
    return *TaskNamed("sorting").Parse(line, {}, &room);
  }();
  std::vector<uint8_t> state(problem.labels.size() * 2 * 6, 255);
  TaskNamed("sorting").StateAfter(problem, {}, recurrences, absl::MakeSpan(state));
  return {state.begin() + token * 6, state.begin() + token * 6 + 6};
}

// 41, 7 and 2, least significant digit first: rounds of three recurrences. The values of
// `held`, `current`, `held_digit`, `current_digit`, `order`, `more`.
TEST(InsertionSortTest, NumbersAreInsertedOneARound) {
  const std::string line = "A:14,B:7,C:2=";
  EXPECT_THAT(StateAt(line, 0, 0), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(StateAt(line, 1, 0), ElementsAre(0, 1, 0, 0, 0, 0));  // A is taken up
  EXPECT_THAT(StateAt(line, 3, 0), ElementsAre(0, 1, 0, 5, 0, 0));  // and compared with nothing
  EXPECT_THAT(StateAt(line, 4, 0), ElementsAre(1, 2, 0, 0, 0, 0));  // rank 0 holds it; B is taken up
  EXPECT_THAT(StateAt(line, 4, 1), ElementsAre(0, 0, 0, 0, 0, 0));  // nothing follows yet
  EXPECT_THAT(StateAt(line, 5, 0), ElementsAre(1, 2, 2, 8, 1, 0));  // 7 > 1
  EXPECT_THAT(StateAt(line, 6, 0), ElementsAre(1, 2, 5, 0, 2, 0));  // 07 < 41
  EXPECT_THAT(StateAt(line, 7, 0), ElementsAre(2, 3, 0, 0, 0, 0));  // B comes before A
  EXPECT_THAT(StateAt(line, 7, 1), ElementsAre(0, 0, 0, 0, 0, 1));
  EXPECT_THAT(StateAt(line, 7, 2), ElementsAre(1, 3, 0, 0, 0, 0));
  EXPECT_THAT(StateAt(line, 10, 0), ElementsAre(3, 0, 0, 0, 0, 0));  // C, B, A, and no number left
  EXPECT_THAT(StateAt(line, 10, 4), ElementsAre(1, 0, 0, 0, 0, 0));
  EXPECT_THAT(StateAt(line, 10, 5), ElementsAre(0, 0, 0, 0, 0, 0));  // the end
  EXPECT_THAT(StateAt(line, 14, 0), ElementsAre(3, 0, 3, 0, 0, 0));  // more recurrences move nothing
}

TEST(InsertionSortTest, EqualNumbersKeepTheOrderOfTheLine) {
  EXPECT_THAT(StateAt("Z:5,A:5=", 5, 0), ElementsAre(26, 0, 0, 0, 0, 0));
  EXPECT_THAT(StateAt("Z:5,A:5=", 5, 2), ElementsAre(1, 0, 0, 0, 0, 0));
}

TEST(InsertionSortTest, ThereIsAStateForBareLinesWithTheLowestDigitFirst) {
  EXPECT_FALSE(TaskNamed("sorting").state({}).empty());
  EXPECT_TRUE(TaskNamed("sorting").state(PlainOrder()).empty());
  LineFormat hints;
  hints.index_hints = true;
  EXPECT_TRUE(TaskNamed("sorting").state(hints).empty());
}

}  // namespace
}  // namespace tally
