#include "lib/train/state_teacher.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/model/models_for_test.h"
#include "lib/train/data_parallel.h"

namespace tally {
namespace {

DataFacts Products() {
  DataFacts data;
  data.format.tasks[0].format = ProblemFormat(TaskNamed("multiplication"), LineFormat());
  return data;
}

LossConfig StateLossConfig(LossConfig::StateTraining training) {
  LossConfig loss;
  loss.set_state_weight(1);
  loss.set_state_training(training);
  return loss;
}

ModelConfig LoopConfig() {
  return ConfigWith(Recipe(),
                    "recurrences: 1 recurrences_per_digit: 1 recurrence_operand: SECOND_OPERAND vocabulary_size: 19 "
                    "attention { relative_clip: 2 shift_clip: 2 key_clip: 2 logit_jitter: 0 far_key_bias_jitter: 0 } "
                    "state { handed_on: PROBABILITIES variables: 2 values: 10 }");
}

Batch BatchOf(const std::vector<std::string>& lines) {
  std::vector<std::vector<uint8_t>> encoded(lines.size());
  std::vector<Example> examples;
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_TRUE(Vocabulary::Arithmetic().Encode(lines[i], &encoded[i]).ok());
    encoded[i].push_back(kEndId);
    examples.push_back({encoded[i], static_cast<int64_t>(lines[i].find('=')) + 1, static_cast<int64_t>(i)});
  }
  return MakeBatch(examples, /*answer_only=*/true);
}

Batch SomeProducts() { return BatchOf({"12x34=309", "9x9=18", "12x04=048", "111x321=35631"}); }

TEST(StateTeacherTest, UnrolledProblemsTrainAllTheirRecurrences) {
  const auto teacher = *StateTeacher::Create(StateLossConfig(LossConfig::UNROLLED), Products());
  const RecurrencePlan plan = teacher->PlanOf(LoopConfig(), SomeProducts(), 1, 0, 0);
  EXPECT_FALSE(plan.taught);
  EXPECT_EQ(plan.first, std::vector<int64_t>({0, 0, 0, 0}));
  EXPECT_EQ(plan.end, std::vector<int64_t>({3, 2, 3, 4}));
  EXPECT_EQ(plan.answers, std::vector<bool>(4, true));
}

TEST(StateTeacherTest, TaughtProblemsTrainOneRecurrenceEach) {
  LossConfig loss = StateLossConfig(LossConfig::TAUGHT);
  loss.set_extra_recurrences(2);
  const auto teacher = *StateTeacher::Create(loss, Products());
  const Batch batch = SomeProducts();
  std::set<int64_t> drawn;
  int answers = 0;
  for (uint64_t sample = 0; sample < 400; sample += 4) {
    const RecurrencePlan plan = teacher->PlanOf(LoopConfig(), batch, 1, 0, sample);
    EXPECT_TRUE(plan.taught);
    for (size_t s = 0; s < 4; ++s) {
      EXPECT_EQ(plan.end[s], plan.first[s] + 1);
      answers += plan.answers[s];
    }
    EXPECT_EQ(plan.answers[1], plan.first[1] == 1);
    drawn.insert(plan.first[1]);  // 9x9 has 2 recurrences and up to 2 more
  }
  EXPECT_EQ(drawn, std::set<int64_t>({0, 1, 2, 3}));
  EXPECT_GT(answers, 400 / 3);  // a quarter of all, and what falls on the last by chance
  EXPECT_LT(answers, 400 * 3 / 4);
}

// Problems draw by their number, wherever they stand in a batch.
TEST(StateTeacherTest, DrawsDependOnTheProblemAlone) {
  const auto teacher = *StateTeacher::Create(StateLossConfig(LossConfig::TAUGHT), Products());
  const Batch batch = BatchOf({"1x12345=12345", "1x12345=12345", "1x12345=12345"});
  const RecurrencePlan early = teacher->PlanOf(LoopConfig(), batch, 1, 0, 10);
  const RecurrencePlan late = teacher->PlanOf(LoopConfig(), batch, 1, 7, 11);
  EXPECT_EQ(early.first[1], late.first[0]);
  EXPECT_EQ(early.first[2], late.first[1]);
}

TEST(StateTeacherTest, TargetsAreTheTasksValues) {
  const auto teacher = *StateTeacher::Create(StateLossConfig(LossConfig::UNROLLED), Products());
  const Batch batch = SomeProducts();
  const RecurrencePlan plan = teacher->PlanOf(LoopConfig(), batch, 1, 0, 0);
  const StateTargets targets = teacher->TargetsOf(plan, batch, 0, 2, 0);
  ASSERT_EQ(targets.after.size(), 3u);
  // 21 x 43: digits 3 6 0, then 3 0 8 and a carry; 9 x 9 = 1 and 8 that waits. Labels: 3 digits and EOS, 2 and EOS.
  const auto row = [](const at::Tensor& values, int64_t i) {
    return std::vector<int64_t>({values[i][0].item<int64_t>(), values[i][1].item<int64_t>()});
  };
  ASSERT_EQ(targets.after[0].size(0), 4 + 3);
  EXPECT_EQ(row(targets.after[0], 0), std::vector<int64_t>({3, 0}));
  EXPECT_EQ(row(targets.after[0], 1), std::vector<int64_t>({6, 0}));
  EXPECT_EQ(row(targets.after[1], 1), std::vector<int64_t>({0, 1}));
  EXPECT_EQ(row(targets.after[1], 2), std::vector<int64_t>({8, 0}));
  EXPECT_EQ(row(targets.after[0], 4), std::vector<int64_t>({1, 8}));
  EXPECT_EQ(row(targets.after[1], 5), std::vector<int64_t>({8, 0}));
  EXPECT_EQ(targets.before.abs().sum().item<int64_t>(), 0);
  // Over the whole batch weights add up to 1; a problem of two recurrences has none in the third.
  double sum = 0;
  for (const at::Tensor& weight : teacher->TargetsOf(plan, batch, 0, 4, 0).weight) sum += weight.sum().item<double>();
  EXPECT_NEAR(sum, 1, 1e-6);
  EXPECT_EQ(targets.weight[2][4].item<float>(), 0);
}

TEST(StateTeacherTest, AnswersCountWhereTheLastRecurrenceIsTrained) {
  const auto teacher = *StateTeacher::Create(StateLossConfig(LossConfig::TAUGHT), Products());
  const Batch batch = BatchOf({"9x9=18", "9x9=18"});
  RecurrencePlan plan = {true, {0, 1}, {1, 2}, {false, true}};
  std::vector<float> weights(6, 1.0f / 6);
  teacher->KeepAnswers(plan, batch, &weights);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(weights[i], i < 3 ? 0 : 1.0 / 3, 1e-6);
  plan.answers = {false, false};
  teacher->KeepAnswers(plan, batch, &weights);
  EXPECT_EQ(weights, std::vector<float>(6, 0));
}

TEST(StateTeacherTest, RefusesTasksWithoutStateAndLossesOfMoreThanAnswers) {
  DataFacts data = Products();
  data.format.tasks.push_back({ProblemFormat(), {}, {}});
  const absl::Status several = StateTeacher::Create(StateLossConfig(LossConfig::TAUGHT), data).status();
  EXPECT_EQ(ExitCodeOf(several), kExitUsage);
  EXPECT_THAT(std::string(several.message()), ::testing::HasSubstr("found data of multiplication, addition"));
  data.format.tasks = {{ProblemFormat(TaskNamed("copy"), LineFormat()), {}, {}}};
  const absl::Status status = StateTeacher::Create(StateLossConfig(LossConfig::TAUGHT), data).status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("has no state"));
  LossConfig loss = StateLossConfig(LossConfig::TAUGHT);
  loss.set_answer_only(false);
  EXPECT_EQ(ExitCodeOf(StateTeacher::Create(loss, Products()).status()), kExitUsage);
}

// Its gradient too: where the weight has fallen to 0, heads that no recurrence hands on learn nothing.
TEST(StateTeacherTest, TheWeightOfTheStateFallsToNothing) {
  LossConfig loss = StateLossConfig(LossConfig::UNROLLED);
  loss.set_state_weight(3);
  EXPECT_EQ(StateWeight(loss, 1000), 3);
  loss.set_state_weight_steps(4);
  EXPECT_EQ(StateWeight(loss, 0), 3);
  EXPECT_EQ(StateWeight(loss, 3), 0.75);
  EXPECT_EQ(StateWeight(loss, 4), 0);
  EXPECT_EQ(StateWeight(loss, 5), 0);
  const auto teacher = *StateTeacher::Create(loss, Products());
  const auto model = WithRandomParameters(ConfigWith(LoopConfig(), "state { handed_on: RESIDUAL }"), 1);
  const auto largest_gradient_of_heads = [&](int64_t step) {
    Batch batch = SomeProducts();
    StepSeed draws;
    draws.step = step;
    DataParallel(model.get(), loss, 1, teacher.get()).Backward(batch, draws, 0);
    double largest = 0;
    for (const Parameter& p : model->parameters().entries()) {
      if (p.name.rfind("state", 0) != 0 || !p.tensor.grad().defined()) continue;
      largest = std::max(largest, p.tensor.grad().abs().max().item<double>());
    }
    return largest;
  };
  EXPECT_GT(largest_gradient_of_heads(3), 0);
  EXPECT_EQ(largest_gradient_of_heads(4), 0);
}

// Threads and microbatches cut what is trained of a batch, and its weights, in the same way.
TEST(StateTeacherTest, ThreadsAndMicrobatchesGiveTheGradientOfTheWholeBatch) {
  for (const LossConfig::StateTraining training : {LossConfig::TAUGHT, LossConfig::UNROLLED}) {
    const LossConfig loss = StateLossConfig(training);
    const auto teacher = *StateTeacher::Create(loss, Products());
    const auto gradients = [&](int threads, int64_t microbatch, double* value, StateCounts* state) {
      const auto model = WithRandomParameters(LoopConfig(), 1);
      Batch batch = SomeProducts();
      const StepOutcome outcome =
          DataParallel(model.get(), loss, threads, teacher.get()).Backward(batch, StepSeed(), microbatch);
      *value = outcome.loss;
      EXPECT_GT(outcome.state_loss, 0);
      *state = outcome.state;
      EXPECT_EQ(outcome.predictions.size(), batch.labels.size());
      std::vector<at::Tensor> all;
      for (const Parameter& p : model->parameters().entries()) all.push_back(p.tensor.grad());
      return all;
    };
    double whole_loss = 0, loss_of_parts = 0;
    StateCounts whole_state, state_of_parts;
    const std::vector<at::Tensor> whole = gradients(1, 0, &whole_loss, &whole_state),
                                  parts = gradients(2, 3, &loss_of_parts, &state_of_parts);
    EXPECT_EQ(whole_state.tokens, state_of_parts.tokens);
    EXPECT_EQ(whole_state.right, state_of_parts.right);
    // Taught, a token counts after one recurrence; unrolled, after each.
    const int64_t tokens = std::accumulate(whole_state.tokens.begin(), whole_state.tokens.end(), int64_t{0});
    const auto labels = static_cast<int64_t>(SomeProducts().labels.size());
    EXPECT_EQ(training == LossConfig::TAUGHT ? tokens : whole_state.tokens[0], labels);
    EXPECT_NEAR(whole_loss, loss_of_parts, 1e-5);
    for (size_t i = 0; i < whole.size(); ++i) {
      ASSERT_EQ(whole[i].defined(), parts[i].defined()) << i;
      if (!whole[i].defined()) continue;
      EXPECT_LE((whole[i] - parts[i]).abs().max().item<double>(), 2e-5) << i;
    }
  }
}

}  // namespace
}  // namespace tally
