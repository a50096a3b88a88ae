// Laws of scoring and generation that every model obeys, on random models and problems.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/base/random.h"
#include "lib/eval/generate.h"
#include "lib/eval/score.h"
#include "lib/model/models_for_test.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

bool operator==(const Score& a, const Score& b) {
  return a.exact == b.exact && a.tokens == b.tokens && a.tokens_right == b.tokens_right &&
         a.first_right == b.first_right;
}

namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

const Vocabulary& Arithmetic() {
  static const Vocabulary vocabulary = Vocabulary::Arithmetic();
  return vocabulary;
}

// Sums of numbers of n and m digits, with their right answers.
std::vector<std::string> Sums(int n, int m, uint64_t seed, int count) {
  SamplerOptions options;
  options.first = {n, n};
  options.second = {m, m};
  Sampler sampler = *Sampler::Create(options);
  std::vector<std::string> lines(count);
  for (int i = 0; i < count; ++i) EXPECT_TRUE(sampler.Sample(seed, RandomStream::kTest, i, &lines[i]).ok());
  return lines;
}

std::vector<std::string> Prompts(std::vector<std::string> lines) {
  for (std::string& line : lines) line.resize(line.find('=') + 1);
  return lines;
}

class EveryModel : public ::testing::TestWithParam<NamedModel> {
 protected:
  ModelRun Run(uint64_t seed) {
    model_ = WithRandomParameters(GetParam().config, seed);
    return {model_.get(), &Arithmetic(), 0, seed};
  }
  std::unique_ptr<Model> model_;
};

// Lines to score that are exact and lines that are not, by what greedy decoding gave.
struct Expectations {
  std::vector<ScoreLine> lines;
  std::vector<bool> exact;

  void Add(const std::string& text, uint64_t sample, bool is_exact) {
    lines.push_back({text, sample});
    exact.push_back(is_exact);
  }

  void AddGenerated(const std::string& prompt, const Generated& generated, uint64_t sample) {
    // Scoring starts at the first `=`, and text has no PAD or other specials.
    if (!generated.ended || !std::all_of(generated.ids.begin(), generated.ids.end(), IsDigitId)) return;
    const std::string answer = Arithmetic().Decode(generated.ids.data(), generated.ids.size());
    Add(prompt + answer, sample, true);
    Add(prompt + answer + "7", sample, false);
    if (answer.empty()) return;
    std::string changed = answer;
    changed[0] = changed[0] == '3' ? '4' : '3';
    Add(prompt + changed, sample, false);
  }
};

// Greedy decoding gives an answer if and only if teacher-forced scoring calls it exact. Decoding gives the same with a
// cache of keys and values and without, for several problems at once and for each alone.
TEST_P(EveryModel, TeacherForcedEqualsGreedyWithAndWithoutCache) {
  GenerateOptions cached, uncached;
  cached.max_tokens = uncached.max_tokens = 9;
  uncached.cache = false;
  size_t answers = 0;
  for (uint64_t seed = 0; seed < 3 || (answers < 6 && seed < 400); ++seed) {
    const ModelRun run = Run(seed);
    Random random(seed, RandomStream::kTest, 0);
    const int n = 1 + random.Below(6), m = 1 + random.Below(6);
    const std::vector<std::string> prompts = Prompts(Sums(n, m, seed, 8));
    const std::vector<uint64_t> samples = {3, 4, 5, 6, 7, 8, 9, 10};
    const std::vector<Generated> together = *GenerateAnswers(run, prompts, samples, cached);
    const std::vector<Generated> plain = *GenerateAnswers(run, prompts, samples, uncached);
    Expectations expected;
    for (size_t k = 0; k < prompts.size(); ++k) {
      EXPECT_EQ(together[k].ids, plain[k].ids) << prompts[k] << " seed " << seed;
      // A random model's first choice may not tell whether an initial state is that of its token; how likely it is
      // does.
      EXPECT_THAT(together[k].probabilities, Pointwise(DoubleNear(2e-3), plain[k].probabilities)) << prompts[k];
      expected.AddGenerated(prompts[k], together[k], samples[k]);
    }
    const size_t k = seed % prompts.size();
    EXPECT_EQ(GenerateAnswer(run, prompts[k], samples[k], cached)->ids, together[k].ids) << prompts[k];
    if (expected.lines.empty()) continue;
    const std::vector<Score> scores = (*ScoreLines(run, expected.lines, {}))[0];
    for (size_t i = 0; i < scores.size(); ++i) {
      EXPECT_EQ(scores[i].exact, expected.exact[i]) << expected.lines[i].text;
    }
    answers += std::count(expected.exact.begin(), expected.exact.end(), true);
  }
  EXPECT_GE(answers, 6) << "too few answers came to an end for this test to say anything";
}

// In BF16 a sum that differs in its last bit may be rounded to another of 8 bits, so the two passes differ by more than
// the order of sums: where they choose different tokens, these are almost equally likely to both.
TEST_P(EveryModel, InBf16TeacherForcedEqualsGreedyButForTies) {
  constexpr double kTie = 0.1;  // nats
  int64_t tokens_seen = 0, ties = 0;
  for (uint64_t seed = 0; seed < 400 && tokens_seen < 100; ++seed) {
    const ModelRun run = Run(seed);
    ASSERT_TRUE(PlaceModel("cpu", "BF16", model_.get()).ok());
    const std::vector<std::string> prompts = Prompts(Sums(1 + seed % 6, 1 + seed % 5, seed, 8));
    const std::vector<uint64_t> samples = {3, 4, 5, 6, 7, 8, 9, 10};
    const std::vector<Generated> generated = *GenerateAnswers(run, prompts, samples, {.max_tokens = 9});
    std::vector<ScoreLine> lines;
    for (size_t k = 0; k < prompts.size(); ++k) {
      std::vector<int64_t> ids = generated[k].ids;
      // Scoring wants text: the answer up to the first token that is no digit.
      ids.erase(std::find_if_not(ids.begin(), ids.end(), IsDigitId), ids.end());
      if (!ids.empty()) lines.push_back({prompts[k] + Arithmetic().Decode(ids.data(), ids.size()), samples[k]});
    }
    if (lines.empty()) continue;
    std::vector<std::vector<std::vector<TokenScore>>> scored;
    ASSERT_TRUE(ScoreLines(run, lines, {}, &scored).ok());
    for (size_t k = 0; k < lines.size(); ++k) {
      for (size_t t = 0; t + 1 < scored[0][k].size(); ++t) {  // EOS was not always what greedy decoding chose
        const TokenScore& token = scored[0][k][t];
        EXPECT_LT(token.log_predicted - token.log_right, kTie) << lines[k].text << ", token " << t << ", seed " << seed;
        ++tokens_seen;
        ties += token.predicted != token.right;
      }
    }
  }
  EXPECT_GE(tokens_seen, 100);
  EXPECT_LE(ties, tokens_seen / 20);
}

// Five cells' lines; some answers are replaced by what the model gives, so that some are exact.
std::vector<ScoreLine> LinesOfCells(const ModelRun& run) {
  std::vector<ScoreLine> lines;
  for (int cell = 0; cell < 5; ++cell) {
    std::vector<std::string> texts = Sums(1 + 3 * cell, 7 - cell, cell, 6);
    const Generated generated = *GenerateAnswer(run, Prompts(texts)[0], 100 * cell, {.max_tokens = 9});
    if (std::all_of(generated.ids.begin(), generated.ids.end(), IsDigitId)) {
      texts[0] = Prompts(texts)[0] + Arithmetic().Decode(generated.ids.data(), generated.ids.size());
    }
    for (int i = 0; i < 6; ++i) lines.push_back({texts[i], static_cast<uint64_t>(100 * cell + i), cell});
  }
  return lines;
}

TEST_P(EveryModel, BatchesAndThreadsDoNotChangeScores) {
  const ModelRun run = Run(1);
  const std::vector<ScoreLine> lines = LinesOfCells(run);
  const auto expected = *ScoreLines(run, lines, {.threads = 1});
  for (const int threads : {1, 3}) {
    for (const int64_t batch_tokens : {1, 50, 100000}) {
      EXPECT_EQ(*ScoreLines(run, lines, {.batch_tokens = batch_tokens, .threads = threads}), expected)
          << threads << " threads, batches of " << batch_tokens;
    }
  }
  std::vector<ScoreLine> one_cell = lines;
  for (ScoreLine& line : one_cell) line.cell = 0;
  EXPECT_EQ(*ScoreLines(run, one_cell, {}), expected);
  for (size_t i = 0; i < lines.size(); i += 7) {
    EXPECT_THAT((*ScoreLines(run, {lines[i]}, {}))[0], ElementsAre(expected[0][i])) << lines[i].text;
  }
}

// Long lines fill the threads that would have no batch.
TEST(LongLineTest, ThreadsWithinABatchDoNotChangeScores) {
  const auto model = WithRandomParameters(Recipe(), 3);
  const ModelRun run = {model.get(), &Arithmetic()};
  const std::vector<ScoreLine> lines = {{Sums(900, 700, 1, 1)[0], 1}};
  std::vector<std::vector<std::vector<TokenScore>>> expected, tokens;
  const auto scores = *ScoreLines(run, lines, {.threads = 1}, &expected);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(*ScoreLines(run, lines, {.threads = threads}, &tokens), scores) << threads;
    ASSERT_EQ(tokens[0][0].size(), expected[0][0].size());
    for (size_t t = 0; t < tokens[0][0].size(); ++t) {
      EXPECT_EQ(tokens[0][0][t].log_right, expected[0][0][t].log_right) << threads << " threads, token " << t;
    }
  }
}

TEST_P(EveryModel, ScoresAfterSomeRecurrencesAreThoseOfThatMany) {
  ModelRun run = Run(2);
  const std::vector<ScoreLine> lines = LinesOfCells(run);
  const std::vector<int64_t> recurrences = {1, 2, 3, 5};
  const auto scores = *ScoreLines(run, lines, {.recurrences = recurrences});
  ASSERT_EQ(scores.size(), recurrences.size());
  for (size_t i = 0; i < recurrences.size(); ++i) {
    run.recurrences = recurrences[i];
    EXPECT_EQ((*ScoreLines(run, lines, {}))[0], scores[i]) << recurrences[i] << " recurrences";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, ::testing::ValuesIn(EveryModelConfig()),
                         [](const auto& info) { return info.param.name; });

class OneModel : public ::testing::Test {
 protected:
  const std::unique_ptr<Model> model_ = WithRandomParameters(Reference(), 3);
  const ModelRun run_ = {model_.get(), &Arithmetic(), 0, 7};
};

using ScoreTest = OneModel;
using GenerateTest = OneModel;

TEST_F(ScoreTest, CountsAnswerTokensAndEnd) {
  const std::vector<ScoreLine> lines = {{"1+2=3", 0}, {"123456+654321=777777", 1}, {"99+1=001", 2}};
  const std::vector<Score> scores = (*ScoreLines(run_, lines, {}))[0];
  EXPECT_EQ(scores[0].tokens, 2);
  EXPECT_EQ(scores[1].tokens, 7);
  EXPECT_EQ(scores[2].tokens, 4);
  EXPECT_THAT((*ScoreLines(run_, {}, {})), ElementsAre(std::vector<Score>()));
}

TEST_F(ScoreTest, RefusesWhatTheModelCannotRead) {
  ModelConfig config = Reference();
  config.mutable_positions()->set_table_rows(10);
  config.mutable_positions()->set_max_offset(0);
  const std::unique_ptr<Model> model = *Model::Create(config, 0);
  const ModelRun run = {model.get(), &Arithmetic(), 0, 0};
  EXPECT_THAT(ScoreLines(run, {{"1234567890+1=2", 0}}, {}).status().message(), HasSubstr("number of 10 digits"));
  EXPECT_EQ(ExitCodeOf(ScoreLines(run, {{"1a+1=2", 0}}, {}).status()), kExitBadInput);
}

TEST_F(ScoreTest, RefusesRecurrencesThatDoNotRise) {
  for (const std::vector<int64_t>& recurrences : {std::vector<int64_t>{0}, {2, 2}, {3, 1}}) {
    EXPECT_EQ(ExitCodeOf(ScoreLines(run_, {{"1+1=2", 0}}, {.recurrences = recurrences}).status()), kExitUsage);
  }
}

// Where recurrences for digits come on top, a number of recurrences is what they come on top of.
TEST(GrowingRecurrencesTest, AListOfNumbersIsEachNumberAlone) {
  const std::unique_ptr<Model> growing = WithRandomParameters(ConfigWith(Recipe(), "recurrences_per_digit: 0.5"), 1);
  ModelRun run = {growing.get(), &Arithmetic(), 0, 0};
  const std::vector<ScoreLine> lines = {{"1+1=2", 0}, {"1234+1=5321", 1}};
  const auto together = *ScoreLines(run, lines, {.recurrences = {1, 4}});
  ASSERT_EQ(together.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    run.recurrences = i == 0 ? 1 : 4;
    const auto alone = *ScoreLines(run, lines, {});
    for (size_t k = 0; k < lines.size(); ++k) EXPECT_EQ(together[i][k].tokens_right, alone[0][k].tokens_right);
  }
}

TEST_F(GenerateTest, DrawnAnswersDependOnTheirSampleAlone) {
  const std::vector<std::string> prompts = Prompts(Sums(3, 3, 1, 3));
  const GenerateOptions options = {.max_tokens = 12, .temperature = 3, .top_k = 11};
  const std::vector<Generated> together = *GenerateAnswers(run_, prompts, {7, 8, 9}, options);
  for (size_t k = 0; k < prompts.size(); ++k) {
    EXPECT_EQ(GenerateAnswer(run_, prompts[k], 7 + k, options)->ids, together[k].ids);
  }
  EXPECT_NE(GenerateAnswer(run_, prompts[0], 70, options)->ids, together[0].ids);
}

// The table has rows for numbers of 8 digits: answers stop where they would be longer.
TEST_F(GenerateTest, AnswersEndWhereTheTableEnds) {
  const std::unique_ptr<Model> model =
      WithRandomParameters(ConfigWith(Reference(), "positions { table_rows: 9 max_offset: 0 }"), 4);
  const ModelRun run = {model.get(), &Arithmetic(), 0, 1};
  const std::vector<std::string> prompts = Prompts(Sums(2, 2, 1, 8));
  for (const bool cache : {true, false}) {
    const GenerateOptions options = {.max_tokens = 40, .cache = cache, .temperature = 5};
    const std::vector<Generated> answers = *GenerateAnswers(run, prompts, {0, 1, 2, 3, 4, 5, 6, 7}, options);
    for (const Generated& answer : answers) {
      int64_t longest = 0, digits = 0;
      for (const int64_t id : answer.ids) longest = std::max(longest, digits = IsDigitId(id) ? digits + 1 : 0);
      EXPECT_LE(longest, 9);
      EXPECT_TRUE(answer.ended || longest == 9 || answer.ids.size() == 40);
    }
  }
}

TEST_F(GenerateTest, RefusesPromptsOfUnequalLengths) {
  const absl::StatusOr<std::vector<Generated>> answers = GenerateAnswers(run_, {"1+1=", "11+1="}, {0, 1}, {});
  EXPECT_EQ(ExitCodeOf(answers.status()), kExitBadInput);
  EXPECT_THAT(answers.status().message(), HasSubstr("prompts of 4 and 5 tokens"));
}

}  // namespace
}  // namespace tally
