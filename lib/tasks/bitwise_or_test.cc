#include "lib/tasks/bitwise_or.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

// The enumeration of the task's description, in its order.
TEST(BitwiseOrTest, NumbersProblemsInOrder) {
  for (const LengthRange& first : {LengthRange{1, 5}, LengthRange{3, 4}}) {
    for (const LengthRange& second : {LengthRange{1, 6}, LengthRange{2, 3}, LengthRange{5, 8}}) {
      const BitwiseOrProblems problems(first, second);
      int64_t index = 0;
      for (int a = first.min; a <= first.max; ++a) {
        for (int b = second.min; b <= second.max; ++b) {
          for (int t = 0; t < std::min(a, b); ++t, ++index) {
            std::string one(a, '0'), two(b, '0'), answer(std::max(a, b), '0');
            (a <= b ? one : two)[t] = answer[t] = '1';
            ASSERT_EQ(problems.Line(index, /*first=*/true), absl::StrCat(one, "+", two, "=", answer));
          }
        }
      }
      EXPECT_EQ(problems.count(), index);
    }
  }
}

TEST(BitwiseOrTest, ACoinDecidesBetweenEqualLengths) {
  const BitwiseOrProblems problems({3, 3}, {3, 3});
  EXPECT_EQ(problems.Line(1, true), "010+000=010");
  EXPECT_EQ(problems.Line(1, false), "000+010=010");
}

}  // namespace
}  // namespace tally
