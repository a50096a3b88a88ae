#include "lib/results/error_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

// Three answers: `861` right, `86` whose second digit is wrong, and `9` that does not end.
ErrorCounts OfThreeAnswers() {
  ErrorCounts errors;
  errors.Add(ScoreAnswer({8, 6, 1, 0}, {8, 6, 1, 0}, /*keep_right=*/true), {{"longest_carry_run", 0}});
  errors.Add(ScoreAnswer({8, 6, 0}, {8, 7, 0}, /*keep_right=*/true), {{"longest_carry_run", 2}});
  errors.Add(ScoreAnswer({9, 0}, {9, 9, 9}, /*keep_right=*/true), {{"longest_carry_run", 2}});
  return errors;
}

TEST(ErrorCountsTest, CountsTokensByPlaceAndAnswersByMeasure) {
  EXPECT_EQ(OfThreeAnswers().ToJson(),
            "{\"position\":[[0,3,3],[1,1,2],[2,1,1]],\"end\":[[1,0,1],[2,1,1],[3,1,1]],"
            "\"longest_carry_run\":[[0,1,1],[2,0,2]],\"first_wrong\":[[1,0,2]]}");
}

TEST(ErrorCountsTest, ReadsWhatItWrites) {
  const std::string text = OfThreeAnswers().ToJson();
  const absl::StatusOr<ErrorCounts> read = ErrorCounts::FromJson(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->ToJson(), text);
}

TEST(ErrorCountsTest, RefusesOtherText) {
  for (const char* text : {"", "7", "[]", "{\"position\":7}", "{\"position\":[[1,2]]}", "{\"position\":[[0,2,1]]}",
                           "{\"position\":[[0,-1,1]]}", "{\"position\":[[0,0.5,1]]}", "{\"position\":[7]}",
                           // Sums of two entries, or of what 64 bits hold, could pass their end.
                           "{\"position\":[[0,1,1],[0,1,1]]}", "{\"position\":[[0,0,9223372036854775808]]}"}) {
    EXPECT_EQ(ExitCodeOf(ErrorCounts::FromJson(text).status()), kExitBadInput) << text;
  }
}

}  // namespace
}  // namespace tally
