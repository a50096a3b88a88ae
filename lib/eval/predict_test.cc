#include "lib/eval/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/eval/inside.h"
#include "lib/eval/run_for_test.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::string> Predicted(const std::string& prompts, bool check) {
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("predict"));
  flags.set_in(::testing::TempDir() + "/prompts.txt");
  flags.set_out(::testing::TempDir() + "/answers.txt");
  flags.set_check(check);
  std::ofstream(flags.in()) << prompts;
  const absl::Status status = Predict(flags);
  if (!status.ok()) return status;
  return ReadFile(flags.out());
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

// A random model writes no right scratchpad, so the line is wrong, whatever it is, and the right result follows it.
TEST(PredictTest, AnswerOnlyComparesTheResultOfTheScratchpad) {
  ProblemFormat format;
  format.task = &TaskNamed("multiplication");
  format.scratchpad = true;
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("scratchpad", format));
  flags.set_in(::testing::TempDir() + "/prompts.txt");
  flags.set_out(::testing::TempDir() + "/answers.txt");
  flags.set_check(true);
  flags.set_answer_only(true);
  std::ofstream(flags.in()) << "12x34=\n";
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitCheckFailed);
  EXPECT_THAT(*ReadFile(flags.out()),
              ::testing::AllOf(::testing::EndsWith("\t309\n"), ::testing::Not(HasSubstr("12x34="))));
  flags.set_answer_only(false);
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitCheckFailed);
  EXPECT_THAT(*ReadFile(flags.out()), ::testing::MatchesRegex("12x34=[^\n]*\t360\\+090\n"));
}

// A random model draws its tokens: an answer is cut off two tokens after a right one and its EOS would end, hints
// included, `AdBeCf` of 3 digits.
TEST(PredictTest, ARightAnswerWithHintsHasRoom) {
  ProblemFormat format;
  format.index_hints = true;
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("hints", format));
  flags.set_in(::testing::TempDir() + "/prompts.txt");
  flags.set_out(::testing::TempDir() + "/answers.txt");
  flags.set_show_probabilities(true);
  flags.mutable_inference()->set_temperature(1);
  std::string prompts;
  for (int i = 0; i < 40; ++i) prompts += "A1B2C3+A1B2C3=\n";
  std::ofstream(flags.in()) << prompts;
  const absl::Status status = Predict(flags);
  ASSERT_TRUE(status.ok()) << status;
  int64_t most = 0;
  for (const absl::string_view line : absl::StrSplit(*ReadFile(flags.out()), '\n', absl::SkipEmpty())) {
    most = std::max<int64_t>(most, 1 + std::count(line.begin() + line.find('\t'), line.end(), ' '));
  }
  EXPECT_EQ(most, 2 * 3 + 1 + 2);
}

TEST(PredictTest, LogitsLeaveNoUseForFlagsOfAnswers) {
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("logits"));
  flags.set_logits_out(::testing::TempDir() + "/logits.safetensors");
  flags.set_check(true);
  const absl::Status status = Predict(flags);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(status.message(), HasSubstr("expected no --check"));
}

// The model reads 99+1= and 21+3=, whatever it answers; the right sums are 100 and 15.
TEST(PredictTest, PeopleReadAndWriteNumbersInUsualOrder) {
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("human"));
  flags.set_in(::testing::TempDir() + "/prompts.txt");
  flags.set_out(::testing::TempDir() + "/answers.txt");
  flags.set_check(true);
  flags.set_human(true);
  std::ofstream(flags.in()) << "99+1=\n12+3=\n";
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitCheckFailed);
  EXPECT_THAT(*ReadFile(flags.out()), ::testing::MatchesRegex("99\\+1=[^\n]*\t100\n12\\+3=[^\n]*\t15\n"));
  std::ofstream(flags.in()) << "1+1=2\n";
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitBadInput);
}

TEST(PredictTest, ALineShowsItsTask) {
  std::vector<ProblemFormat> formats(2);
  formats[1] = ProblemFormat(TaskNamed("parity"), {});
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("mixture", formats));
  flags.set_in(::testing::TempDir() + "/prompts.txt");
  flags.set_out(::testing::TempDir() + "/answers.txt");
  flags.set_check(true);
  std::ofstream(flags.in()) << "99+1=\n#0110111=\n";
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitCheckFailed);
  EXPECT_THAT(*ReadFile(flags.out()), ::testing::MatchesRegex("99\\+1=[^\n]*\t001\n#0110111=[^\n]*\t1\n"));
  std::ofstream(flags.in()) << "1-1=\n";
  const absl::Status status = Predict(flags);
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status.message(), HasSubstr("prompts.txt:1: found a line of none of the tasks: addition: byte 2"));
}

// What a small run computes for `prompts`, with files of both kinds.
PredictFlags LookingInside(const std::string& prompts) {
  PredictFlags flags;
  flags.mutable_inference()->set_model(MakeRunForTest("inside"));
  flags.set_in(::testing::TempDir() + "/prompts.txt");
  flags.set_out(::testing::TempDir() + "/answers.txt");
  flags.set_attention(::testing::TempDir() + "/attention.safetensors");
  flags.set_hidden_states(::testing::TempDir() + "/hidden.safetensors");
  flags.set_recurrences(4);
  std::ofstream(flags.in()) << prompts;
  return flags;
}

TEST(PredictTest, LooksInsideOfOneAnswer) {
  const PredictFlags flags = LookingInside("12+3=\n");
  ASSERT_TRUE(Predict(flags).ok());
  std::string line = *ReadFile(flags.out());
  line.pop_back();
  const auto tokens = static_cast<int64_t>(line.size());
  const auto attention = *SafetensorsFile::Open(flags.attention());
  EXPECT_EQ(attention->metadata().at("line"), line);
  EXPECT_EQ(attention->metadata().at("axes"), "recurrence,layer,head,query,key");
  EXPECT_THAT(attention->metadata().at("tokens"), ::testing::StartsWith("[\"1\",\"2\",\"+\",\"3\",\"=\""));
  EXPECT_EQ(attention->Find("attention", DType::kF32)->shape, std::vector<int64_t>({4, 1, 2, tokens, tokens}));
  const auto hidden = *SafetensorsFile::Open(flags.hidden_states());
  EXPECT_EQ(hidden->metadata().at("axes"), "recurrence,token,feature");
  EXPECT_EQ(hidden->Find("hidden_states", DType::kF32)->shape, std::vector<int64_t>({4, tokens, 16}));
}

TEST(PredictTest, LooksInsideOfNoMoreThanOne) {
  const absl::Status two = Predict(LookingInside("12+3=\n1+1=\n"));
  EXPECT_EQ(ExitCodeOf(two), kExitBadInput);
  EXPECT_THAT(two.message(), HasSubstr("prompts.txt:2: found a second problem, expected one"));
  EXPECT_EQ(ExitCodeOf(Predict(LookingInside(""))), kExitBadInput);
  PredictFlags flags = LookingInside("12+3=\n");
  flags.set_hidden_states(flags.attention());
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitUsage);
  flags = LookingInside("12+3=\n");
  flags.set_logits_out("logits");
  EXPECT_EQ(ExitCodeOf(Predict(flags)), kExitUsage);
}

TEST(PredictTest, MoreThanFitsInsideIsRefusedBeforeItIsComputed) {
  const std::unique_ptr<Model> model = WithRandomParameters(Recipe(), 1);
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  ModelRun run = {model.get(), &vocabulary};
  run.recurrences = 10'000'000;
  const absl::Status status = WriteInside(run, "1+1=2", ::testing::TempDir() + "/large.safetensors", "");
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(status.message(), HasSubstr("features of 5 tokens; expected at most 268435456"));
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
