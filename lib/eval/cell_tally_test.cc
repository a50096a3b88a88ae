#include "lib/eval/cell_tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tally {
namespace {

const Vocabulary kVocabulary = Vocabulary::Arithmetic();

CellTally TallyOf(const SamplePlan& plan, size_t counts, const ProblemCounts& counted = {}) {
  CellProblems problems = *CellProblems::ForGrid(ProblemFormat{}, {2, 2, 2}, 1);
  std::vector<Cell> cells(counts);
  for (size_t i = 0; i < counts; ++i) cells[i].recurrences = static_cast<int64_t>(i) + 1;
  return CellTally(std::move(cells), std::move(problems), plan, {true, 3, &kVocabulary}, counted);
}

// Answers the next lot: with count i, every (i + 1)-th problem of it is wrong; with count 0 none. Returns its size.
int64_t AnswerLot(CellTally* tally) {
  std::vector<ScoreLine> lines;
  EXPECT_TRUE(tally->AppendLot(0, &lines).ok());
  for (size_t k = 0; k < lines.size(); ++k) {
    std::vector<Answer> answers(tally->cells().size());
    std::vector<const Answer*> pointers;
    for (size_t i = 0; i < answers.size(); ++i) {
      const bool wrong = i > 0 && k % (i + 1) == 0;
      answers[i].score = {!wrong, 4, wrong ? 3 : 4, true, {true, true, true, !wrong}};
      answers[i].got = "7";
      answers[i].tokens = {{4, 5, -0.25, -1.5}, {kEndId, -1, 0, {}}};
      pointers.push_back(&answers[i]);
    }
    EXPECT_TRUE(tally->Count(lines[k], pointers).ok());
  }
  tally->EndLot();
  return static_cast<int64_t>(lines.size());
}

TEST(CellTallyTest, CountsAndLogs) {
  CellTally tally = TallyOf({10, 0}, 2);
  EXPECT_EQ(AnswerLot(&tally), 10);
  EXPECT_TRUE(tally.done());
  EXPECT_EQ(tally.cells()[0].exact, 10);
  EXPECT_EQ(tally.cells()[1].exact, 5);
  EXPECT_EQ(tally.cells()[1].samples, 10);
  EXPECT_EQ(tally.cells()[1].first_exact, 10);
  EXPECT_EQ(tally.cells()[1].tokens, 40);
  EXPECT_EQ(tally.cells()[1].tokens_right, 35);
  ASSERT_EQ(tally.log_lines().wrong.size(), 5);
  EXPECT_THAT(tally.log_lines().wrong[1], ::testing::HasSubstr("\"recurrences\":2,\"sample\":2,"));
  const std::vector<std::string>& answers = tally.log_lines().answers;
  ASSERT_EQ(answers.size(), 2 * 3) << "the first three problems with each count";
  EXPECT_THAT(answers[1], ::testing::HasSubstr("\"got\":\"7\",\"ended\":true,\"exact\":false,"));
  EXPECT_THAT(answers[2],
              ::testing::HasSubstr("\"exact\":true,\"right_tokens\":[\"0\",\"[EOS]\"],\"predicted_tokens\":[\"1\"],"
                                   "\"log_probabilities\":[-0.25],\"right_log_probabilities\":[-1.5]}"));
}

TEST(CellTallyTest, EveryCountMustHaveEnough) {
  CellTally alone = TallyOf({1000, 0.1}, 1), together = TallyOf({1000, 0.1}, 2);
  const int64_t first = AnswerLot(&alone);
  EXPECT_TRUE(alone.done()) << "all right";
  EXPECT_EQ(AnswerLot(&together), first);
  EXPECT_FALSE(together.done()) << "half right is not known well enough";
  int64_t scored = first;
  while (!together.done()) scored += AnswerLot(&together);
  EXPECT_EQ(together.cells()[0].samples, scored);
  EXPECT_LT(scored, 1000);
}

TEST(CellTallyTest, CountsErrorsWhereAsked) {
  const ProblemFormat sums;
  CellTally tally = TallyOf({10, 0}, 2, {&sums, /*errors=*/true});
  AnswerLot(&tally);
  for (const Cell& cell : tally.cells()) {
    const auto& measures = cell.errors.measures();
    EXPECT_EQ(std::count_if(measures.begin(), measures.end(),
                            [](const auto& measure) { return measure.first == "longest_carry_run"; }),
              1);
    for (const auto& [name, by_value] : measures) {
      int64_t right = 0, all = 0;
      for (const auto& [value, count] : by_value) {
        right += count.right;
        all += count.all;
      }
      const bool token = name == kTokenMeasure, first_wrong = name == kFirstWrongMeasure;
      EXPECT_EQ(all, token ? 30 : first_wrong ? 10 - cell.exact : 10) << name;
      EXPECT_EQ(right, token ? 30 : first_wrong ? 0 : cell.exact) << name;
    }
  }
}

}  // namespace
}  // namespace tally
