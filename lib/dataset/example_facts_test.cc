#include "lib/dataset/example_facts.h"

#include <gtest/gtest.h>

#include <vector>

namespace tally {
namespace {

TEST(ExampleFactsTest, RangesWiden) {
  DigitRange range;
  range.Widen(7);
  EXPECT_EQ(range.min, 7);
  range.Widen(3);
  EXPECT_EQ(range.min, 3);
  EXPECT_EQ(range.max, 7);
  range.Widen(DigitRange());
  EXPECT_EQ(range.min, 3);
  DigitRange other;
  other.Widen(range);
  other.Widen(DigitRange{2, 9});
  EXPECT_EQ(other.min, 2);
  EXPECT_EQ(other.max, 9);
}

TEST(ExampleFactsTest, ExtentCountsExamplesAndRunsOfDigits) {
  ExampleExtent extent;
  extent.Add(std::vector<uint8_t>{5, 6, 14, 4, 4, 4, 17, 13, 3});
  EXPECT_EQ(extent.longest_example, 9);
  EXPECT_EQ(extent.longest_number, 3);
  extent.Add(ExampleExtent{2, 8});
  EXPECT_EQ(extent.longest_example, 9);
  EXPECT_EQ(extent.longest_number, 8);
}

TEST(ExampleFactsTest, AnswersStandBetweenEqualsAndEos) {
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  const std::vector<uint8_t> example = {5, 14, 5, 17, 6, 3};  // 1+1=2 EOS
  EXPECT_TRUE(AnswerIsInPlace(example, 4, vocabulary));
  for (const int64_t start : {-1, 0, 3, 5, 6, 100}) EXPECT_FALSE(AnswerIsInPlace(example, start, vocabulary)) << start;
  EXPECT_FALSE(AnswerIsInPlace({example.data(), 5}, 4, vocabulary));
}

}  // namespace
}  // namespace tally
