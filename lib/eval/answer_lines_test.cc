#include "lib/eval/answer_lines.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_replace.h"
#include "lib/model/models_for_test.h"

namespace tally {
namespace {

const std::vector<ScoreLine> kLines = {{"1+2=3", 0, 0},     {"12+3=42", 1, 0}, {"99+1=001", 2, 0}, {"5+5=01", 3, 0},
                                       {"123+4=721", 4, 1}, {"77+5=28", 5, 1}, {"1+8=9", 6, 1}};

bool Same(const Answer& a, const Answer& b) {
  return a.got == b.got && a.ended == b.ended && a.score.exact == b.score.exact && a.score.tokens == b.score.tokens &&
         a.score.tokens_right == b.score.tokens_right && a.score.first_right == b.score.first_right;
}

class AnswerLinesTest : public ::testing::Test {
 protected:
  const Vocabulary vocabulary_ = Vocabulary::Arithmetic();
  const std::unique_ptr<Model> model_ = WithRandomParameters(Recipe(), 3);
  const ModelRun run_ = {model_.get(), &vocabulary_, 0, 7};
};

TEST_F(AnswerLinesTest, OthersDoNotMatter) {
  for (const char* decoding : {kTeacherForced, kGenerate, kGenerateWithoutCache}) {
    AnswerOptions options;
    options.decoding = decoding;
    options.keep_wrong = true;
    options.threads = 2;
    options.recurrences = {1, 3};
    const auto together = *AnswerLines(run_, kLines, options);
    ASSERT_EQ(together.size(), 2);
    for (size_t k = 0; k < kLines.size(); ++k) {
      const auto alone = *AnswerLines(run_, {kLines[k]}, options);
      for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(Same(alone[i][0], together[i][k])) << decoding << " " << k;
    }
  }
}

TEST_F(AnswerLinesTest, WrongAnswersAreWhatTheModelSays) {
  AnswerOptions scored, generated;
  scored.keep_wrong = true;
  generated.decoding = kGenerate;
  const auto a = (*AnswerLines(run_, kLines, scored))[0], b = (*AnswerLines(run_, kLines, generated))[0];
  int64_t wrong = 0;
  for (size_t k = 0; k < kLines.size(); ++k) {
    EXPECT_EQ(a[k].score.exact, b[k].score.exact);
    EXPECT_EQ(a[k].score.first_right, b[k].score.first_right);
    if (a[k].score.exact) continue;
    ++wrong;
    EXPECT_EQ(a[k].got, b[k].got);
    EXPECT_EQ(a[k].ended, b[k].ended);
    const size_t answer = kLines[k].text.size() - kLines[k].text.find('=') - 1;
    EXPECT_LE(absl::StrReplaceAll(a[k].got, {{"[UNK]", "?"}}).size(), answer + 3);
  }
  EXPECT_GT(wrong, 0);
  scored.keep_wrong = false;
  EXPECT_EQ((*AnswerLines(run_, kLines, scored))[0][0].got, "");
  EXPECT_TRUE((*AnswerLines(run_, kLines, scored))[0][0].tokens.empty());
}

// Up to the first wrong one, the tokens that are predicted given the right ones are those that the model writes.
TEST_F(AnswerLinesTest, TokensAreThoseThatWereJudged) {
  AnswerOptions scored, generated;
  scored.keep_tokens = generated.keep_tokens = true;
  generated.decoding = kGenerate;
  const auto a = (*AnswerLines(run_, kLines, scored))[0], b = (*AnswerLines(run_, kLines, generated))[0];
  for (size_t k = 0; k < kLines.size(); ++k) {
    ASSERT_EQ(a[k].tokens.size(), a[k].score.tokens);
    ASSERT_GE(b[k].tokens.size(), a[k].tokens.size());
    EXPECT_EQ(a[k].tokens.back().right, kEndId);
    int64_t right = 0;
    for (const AnswerToken& token : a[k].tokens) {
      right += token.right == token.predicted;
      EXPECT_LT(token.log_predicted, 0);
      EXPECT_LE(*token.log_right, token.log_predicted) << "the likeliest was predicted";
      EXPECT_EQ(*token.log_right == token.log_predicted, token.right == token.predicted);
    }
    EXPECT_EQ(right, a[k].score.tokens_right);
    for (size_t t = 0; t < a[k].tokens.size(); ++t) {
      EXPECT_EQ(b[k].tokens[t].predicted, a[k].tokens[t].predicted);
      EXPECT_NEAR(b[k].tokens[t].log_predicted, a[k].tokens[t].log_predicted, 1e-4);
      EXPECT_FALSE(b[k].tokens[t].log_right.has_value());
      if (a[k].tokens[t].predicted != a[k].tokens[t].right) break;
    }
  }
}

}  // namespace
}  // namespace tally
