#include "lib/train/validation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/tokenize_problems.h"
#include "lib/optim/optimizer.h"
#include "lib/train/train_step.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

// More than two batches of lines of several lengths; every third answer is 4, the others are 3.
constexpr int kRows = 150;

std::string WriteDataset() {
  std::string text;
  for (int i = 0; i < kRows; ++i) absl::StrAppend(&text, std::string(i % 5 + 1, '1'), "+2=", i % 3 == 0 ? 4 : 3, "\n");
  TokenizeOptions options;
  options.flags.add_in(absl::StrCat(::testing::TempDir(), "/problems.txt"));
  options.flags.set_out(absl::StrCat(::testing::TempDir(), "/tokens.safetensors"));
  options.flags.set_check_answers(false);
  EXPECT_TRUE(WriteFile(options.flags.in(0), text).ok());
  EXPECT_TRUE(TokenizeProblems(options).ok());
  return options.flags.out();
}

// A model that has learned to answer 3, whatever is asked.
std::unique_ptr<Model> ModelThatAnswersThree(const TokenDataset& data) {
  ModelConfig config;
  config.set_hidden_size(8);
  config.mutable_attention()->set_heads(2);
  std::unique_ptr<Model> model = *Model::Create(config, 3);
  TrainConfig train;
  train.mutable_optimizer()->set_learning_rate(0.02);
  Optimizer optimizer(train.optimizer(), model->parameters(), /*seed=*/3);
  TrainStep step(&train, model.get(), &optimizer, /*threads=*/1);
  std::vector<Example> examples;
  for (const int64_t i : {1, 2, 4, 5, 8}) examples.push_back({data.Example(i), data.AnswerStart(i), i});
  Batch batch = MakeBatch(examples, /*answer_only=*/true);
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(step.Run(batch, StepSeed(), 1).ok());
  return model;
}

// Of the answer tokens of line i, those that are the first choice of the model, which sees the line alone and without
// padding.
int TokensRight(const Model& model, const TokenDataset& data, int64_t i) {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> ids(data.Example(i).begin(), data.Example(i).end());
  const int64_t inputs = static_cast<int64_t>(ids.size()) - 1;
  ModelInput input;
  input.ids = at::from_blob(ids.data(), {1, inputs}, at::kLong);
  const at::Tensor predicted = model.Forward(input).argmax(-1);
  int right = 0;
  for (int64_t t = data.AnswerStart(i); t <= inputs; ++t) {
    if (predicted[0][t - 1].item<int64_t>() == ids[t]) ++right;
  }
  return right;
}

TEST(ValidationTest, CountsWhatScoringEveryLineAloneCounts) {
  const std::string path = WriteDataset();
  const auto data = *TokenDataset::Open(path);
  const auto model = ModelThatAnswersThree(*data);
  int problems = 0, tokens = 0;  // right; an answer has two tokens, its digit and EOS
  for (int64_t i = 0; i < kRows; ++i) {
    const int right = TokensRight(*model, *data, i);
    tokens += right;
    if (right == 2) ++problems;
  }
  EXPECT_EQ(problems, 100);
  for (const int threads : {1, 2}) {
    const auto validation = Validation::Open(path, model.get(), data->vocabulary(), /*seed=*/1, threads);
    ASSERT_TRUE(validation.ok()) << validation.status();
    const ValidationMetrics metrics = (*validation)->Run();
    EXPECT_EQ(metrics.exact, static_cast<double>(problems) / kRows);
    EXPECT_EQ(metrics.token_accuracy, static_cast<double>(tokens) / (2 * kRows));
    EXPECT_THAT(metrics.right, ElementsAre(EndsWith("+2=3"), EndsWith("+2=3"), EndsWith("+2=3")));
    EXPECT_THAT(metrics.wrong, ElementsAre(EndsWith("+2=33 (4)"), EndsWith("+2=33 (4)"), EndsWith("+2=33 (4)")));
  }
}

TEST(ValidationTest, TasksAreCountedApart) {
  TokenizeOptions options;
  options.formats.resize(2);
  options.formats[1].task = &TaskNamed("subtraction");
  options.flags.add_in(absl::StrCat(::testing::TempDir(), "/tasks.txt"));
  options.flags.set_out(absl::StrCat(::testing::TempDir(), "/tasks.safetensors"));
  options.flags.set_check_answers(false);
  ASSERT_TRUE(WriteFile(options.flags.in(0), "1+2=3\n4-1=3\n1+3=4\n5-1=4\n6-1=5\n").ok());
  ASSERT_TRUE(TokenizeProblems(options).ok());
  const auto data = *TokenDataset::Open(WriteDataset());
  const auto model = ModelThatAnswersThree(*data);
  const auto validation = Validation::Open(options.flags.out(), model.get(), data->vocabulary(), /*seed=*/1, 1);
  ASSERT_TRUE(validation.ok()) << validation.status();
  const ValidationMetrics metrics = (*validation)->Run();
  ASSERT_EQ(metrics.exact_by_task.size(), 2);
  EXPECT_EQ(metrics.exact_by_task[0].first, "addition");
  EXPECT_EQ(metrics.exact_by_task[1].first, "subtraction");
  // The overall share is that of all problems, two and three of each task.
  EXPECT_DOUBLE_EQ(5 * metrics.exact, 2 * metrics.exact_by_task[0].second + 3 * metrics.exact_by_task[1].second);
  EXPECT_EQ(metrics.exact_by_task[0].second, 0.5);
}

TEST(ValidationTest, AMissingFileIsSaid) {
  const auto model = *Model::Create(ModelConfig(), 3);
  const auto validation = Validation::Open("/no/such/file", model.get(), Vocabulary::Arithmetic(), 1, 1);
  EXPECT_EQ(ExitCodeOf(validation.status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally
