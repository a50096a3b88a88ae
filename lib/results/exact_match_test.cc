#include "lib/results/exact_match.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace tally {
namespace {

const std::vector<int64_t> kExpected = {5, 7, 3, 0};

TEST(ScoreAnswerTest, TheRightTokensAndNoOthersAreExact) {
  const Score score = ScoreAnswer(kExpected, {5, 7, 3, 0});
  EXPECT_TRUE(score.exact);
  EXPECT_TRUE(score.first_right);
  EXPECT_EQ(score.tokens, 4);
  EXPECT_EQ(score.tokens_right, 4);
}

TEST(ScoreAnswerTest, OneWrongTokenIsCountedWhereverItIs) {
  const Score last = ScoreAnswer(kExpected, {5, 7, 3, 1});
  EXPECT_FALSE(last.exact);
  EXPECT_TRUE(last.first_right);
  EXPECT_EQ(last.tokens_right, 3);
  const Score first = ScoreAnswer(kExpected, {6, 7, 3, 0});
  EXPECT_FALSE(first.exact);
  EXPECT_FALSE(first.first_right);
  EXPECT_EQ(first.tokens_right, 3);
}

TEST(ScoreAnswerTest, AnAnswerOfAnotherLengthIsNotExact) {
  for (const std::vector<int64_t>& got : {std::vector<int64_t>{5, 7, 3}, {5, 7, 3, 0, 0}, {}}) {
    const Score score = ScoreAnswer(kExpected, got);
    EXPECT_FALSE(score.exact) << got.size();
    EXPECT_EQ(score.tokens, 4) << got.size();
    EXPECT_EQ(score.tokens_right, std::min<int64_t>(4, static_cast<int64_t>(got.size())));
    EXPECT_EQ(score.first_right, !got.empty());
  }
}

TEST(AnswerCountsTest, PartsAddUpToTheWholeAndSharesAreOfIt) {
  AnswerCounts part;
  part.Add(ScoreAnswer(kExpected, kExpected));
  AnswerCounts other;
  other.Add(ScoreAnswer(kExpected, {5, 7, 0, 3}));
  other.Add(ScoreAnswer({1, 0}, {1, 0}));
  other.Add(ScoreAnswer({1, 0}, {2, 0}));
  part += other;
  EXPECT_EQ(part.problems, 4);
  EXPECT_EQ(part.problems_right, 2);
  EXPECT_EQ(part.tokens, 12);
  EXPECT_EQ(part.tokens_right, 9);
  EXPECT_EQ(part.exact(), 0.5);
  EXPECT_EQ(part.token_accuracy(), 0.75);
  EXPECT_TRUE(std::isnan(AnswerCounts().exact()));
}

}  // namespace
}  // namespace tally
