// The jobs of eval and predict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/eval/evaluate.h"
#include "lib/eval/grid.h"
#include "lib/eval/predict.h"
#include "lib/model/models_for_test.h"
#include "lib/results/cell.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// A run with one checkpoint of a small random model.
std::string MakeRun(const std::string& name) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/", name);
  ModelCard card;
  card.config = Recipe();
  card.trained_first = card.trained_second = {1, 3};
  card.step = 12;
  EXPECT_TRUE(SaveCheckpoint(run, card, *Shaken(card.config, 1), {}, {}).ok());
  return run;
}

EvaluateOptions Square(const std::string& run) {
  EvaluateOptions options;
  options.model = run;
  options.rows = *ParseLengths("1..4");
  options.cols = *ParseLengths("1..5:2");
  options.samples = 7;
  options.threads = 1;
  return options;
}

std::string Evaluated(EvaluateOptions options) {
  options.out = ::testing::TempDir() + "/cells.jsonl";
  const absl::Status status = Evaluate(options);
  EXPECT_TRUE(status.ok()) << status;
  return *ReadFile(options.out);
}

TEST(EvaluateTest, ShardsAreTheWholeInOrder) {
  const std::string run = MakeRun("shards");
  const std::string whole = Evaluated(Square(run));
  for (const int64_t count : {2, 5, 20}) {
    std::string together;
    for (int64_t i = 0; i < count; ++i) {
      EvaluateOptions options = Square(run);
      options.shard = {i, count};
      absl::StrAppend(&together, Evaluated(options));
    }
    EXPECT_EQ(together, whole) << count << " shards";
  }
}

TEST(EvaluateTest, CellsDoNotDependOnBatchesOrOtherCells) {
  const std::string run = MakeRun("batches");
  const std::string whole = Evaluated(Square(run));
  EvaluateOptions options = Square(run);
  options.batch_tokens = 1;
  EXPECT_EQ(Evaluated(options), whole);
  options.rows = {2};
  options.cols = {3};
  EXPECT_THAT(whole, HasSubstr(Evaluated(options)));
}

TEST(EvaluateTest, CellsSayWhereTheyComeFrom) {
  const std::string run = MakeRun("cells");
  EvaluateOptions options = Square(run);
  options.recurrences = 5;
  Evaluated(options);
  const std::vector<Cell> cells = *ReadCells(::testing::TempDir() + "/cells.jsonl");
  ASSERT_EQ(cells.size(), 12);
  EXPECT_EQ(cells[4].first_digits, 2);
  EXPECT_EQ(cells[4].second_digits, 3);
  EXPECT_EQ(cells[4].samples, 7);
  EXPECT_EQ(cells[4].step, 12);
  EXPECT_EQ(cells[4].recurrences, 5);
  EXPECT_EQ(cells[4].model, run);
  EXPECT_EQ(cells[4].trained_first_max, 3);
}

absl::Status EvaluateFile(const std::string& text) {
  const std::string file = ::testing::TempDir() + "/given.txt";
  std::ofstream(file) << text;
  EvaluateOptions options = Square(MakeRun("given"));
  options.rows.clear();
  options.cols.clear();
  options.problems = {file};
  options.out = ::testing::TempDir() + "/given.jsonl";
  return Evaluate(options);
}

TEST(EvaluateTest, GivenProblemsWithAndWithoutAnswers) {
  ASSERT_TRUE(EvaluateFile("12+3=42\n99+1=\n9+99=801\n").ok());
  const std::vector<Cell> cells = *ReadCells(::testing::TempDir() + "/given.jsonl");
  ASSERT_EQ(cells.size(), 1);
  EXPECT_EQ(cells[0].samples, 3);
  EXPECT_EQ(cells[0].tokens, 3 + 4 + 4);
}

TEST(EvaluateTest, RefusesBadProblemsByLine) {
  const auto expect = [](const std::string& text, const std::string& message) {
    const absl::Status status = EvaluateFile(text);
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    EXPECT_THAT(status.message(), HasSubstr(message));
  };
  expect("", "no line");
  expect("1+1=2\n1+b=2\n", "given.txt:2: ");
  expect("1+1=3\n", "given.txt:1: found the answer 3, expected 2");
  expect("1+1=2", "given.txt:1: ");
}

TEST(EvaluateTest, MinimumFailsTheCheckAfterWriting) {
  EvaluateOptions options = Square(MakeRun("minimum"));
  options.min_exact = 1;
  options.out = ::testing::TempDir() + "/minimum.jsonl";
  EXPECT_EQ(ExitCodeOf(Evaluate(options)), kExitCheckFailed);
  EXPECT_EQ(ReadCells(options.out)->size(), 12);
}

TEST(EvaluateTest, MissingModel) {
  EXPECT_EQ(ExitCodeOf(Evaluate(Square(::testing::TempDir() + "/nowhere"))), kExitMissingInput);
}

absl::StatusOr<std::string> Predicted(const std::string& prompts, bool check) {
  PredictOptions options;
  options.model = MakeRun("predict");
  options.in = ::testing::TempDir() + "/prompts.txt";
  options.out = ::testing::TempDir() + "/answers.txt";
  options.check = check;
  std::ofstream(options.in) << prompts;
  const absl::Status status = Predict(options);
  if (!status.ok()) return status;
  return ReadFile(options.out);
}

TEST(PredictTest, CompletesLinesInOrder) {
  const absl::StatusOr<std::string> lines = Predicted("12+3=\n9+99=\n", /*check=*/false);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_THAT(*lines, ::testing::MatchesRegex("12\\+3=[^\n]*\n9\\+99=[^\n]*\n"));
}

TEST(PredictTest, ChecksAgainstGmp) {
  const absl::StatusOr<std::string> lines = Predicted("99+1=\n", /*check=*/true);
  EXPECT_EQ(ExitCodeOf(lines.status()), kExitCheckFailed);
  EXPECT_THAT(lines.status().message(), HasSubstr("1 of 1 answers"));
  EXPECT_THAT(*ReadFile(::testing::TempDir() + "/answers.txt"), HasSubstr("\t001\n"));
}

TEST(PredictTest, RefusesLinesThatAreNoPrompts) {
  for (const char* line : {"1+1=2\n", "1+1\n", "a+1=\n", "\n", "1+1="}) {
    const absl::Status status = Predicted(line, false).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << line;
    EXPECT_THAT(status.message(), HasSubstr("prompts.txt:1: ")) << line;
  }
}

}  // namespace
}  // namespace tally
