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
}

}  // namespace
}  // namespace tally
