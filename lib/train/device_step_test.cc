// On the CPU, where nothing is recorded: the operators of a step and the order of their outcomes. What a device records
// is checked on one (docs/distributed.md).
#include "lib/train/device_step.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "lib/distributed/ranks_for_test.h"
#include "lib/model/models_for_test.h"
#include "lib/optim/ema.h"
#include "lib/train/train_step.h"

namespace tally {
namespace {

// Sums such as 56+1=66, whose lengths and ends differ.
Batch SomeBatch(int64_t problems) {
  std::vector<std::vector<uint8_t>> lines;
  std::vector<Example> examples;
  for (int64_t i = 0; i < problems; ++i) {
    std::vector<uint8_t> line;
    for (int64_t d = 0; d < 1 + i % 3; ++d) line.push_back(static_cast<uint8_t>(4 + (i + d) % 10));
    line.insert(line.end(), {14, static_cast<uint8_t>(5 + i % 4), 17});
    for (int64_t d = 0; d < 1 + i % 3; ++d) line.push_back(static_cast<uint8_t>(4 + (2 * i + d) % 10));
    line.push_back(3);
    lines.push_back(line);
  }
  for (int64_t i = 0; i < problems; ++i) {
    Example example;
    example.ids = lines[i];
    example.answer_start = 4 + i % 3;
    example.sample = i;
    examples.push_back(example);
  }
  return MakeBatch(examples, /*answer_only=*/true);
}

// One of two ways to the same model.
struct Learner {
  Learner(const ModelConfig& config, const TrainConfig& train)
      : model(*Model::Create(config, /*seed=*/3)),
        optimizer(train.optimizer(), model->parameters(), /*seed=*/3),
        ema(0.9, model->parameters()) {}

  std::unique_ptr<Model> model;
  Optimizer optimizer;
  Ema ema;
};

void ExpectSame(const Learner& a, const Learner& b, double tolerance) {
  for (size_t i = 0; i < a.model->parameters().entries().size(); ++i) {
    const Parameter& parameter = a.model->parameters().entries()[i];
    const at::Tensor difference = parameter.tensor - b.model->parameters().entries()[i].tensor;
    EXPECT_LE(difference.abs().max().item<double>(), tolerance) << parameter.name;
  }
}

struct Case {
  std::string name;
  ModelConfig model;
  TrainConfig train;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::vector<Case> Cases() {
  std::vector<Case> cases(4);
  cases[0] = {"Recipe", Recipe(), TrainConfig()};
  cases[1] = {"Microbatches", Recipe(), TrainConfig()};
  cases[1].train.set_microbatch_size(5);
  cases[2] = {"ProgressiveLoss", Reference(), TrainConfig()};
  cases[2].model.set_recurrences(4);
  cases[2].train.mutable_loss()->set_progressive_alpha(0.5);
  cases[3] = {"LearnedRandomRows", ConfigWith(Reference(), "positions { table: LEARNED_RAND table_rows: 40 }"),
              TrainConfig()};
  for (Case& c : cases) c.train.mutable_optimizer()->set_learning_rate(1e-3);
  return cases;
}

class DeviceStepTest : public ::testing::TestWithParam<Case> {};

TEST_P(DeviceStepTest, LearnsWhatAPlainStepLearns) {
  const TrainConfig& train = GetParam().train;
  Learner queued(GetParam().model, train), plain(GetParam().model, train);
  ASSERT_TRUE(DeviceStep::Serves(train, queued.optimizer));
  DeviceStep device_step(&train, queued.model.get(), &queued.optimizer, &queued.ema, /*group=*/nullptr,
                         /*graphs=*/true);
  TrainStep step(&train, plain.model.get(), &plain.optimizer, /*threads=*/1);
  std::vector<StepResult> expected;
  for (int64_t i = 0; i < 4; ++i) {
    const StepSeed draws = {/*seed=*/7, /*step=*/i, /*first_sample=*/static_cast<uint64_t>(12 * i)};
    Batch batch = SomeBatch(12 - i);
    ASSERT_TRUE(device_step.Queue(batch, draws, 1.0 / (i + 1), /*seconds=*/i).ok());
    expected.push_back(*step.Run(batch, draws, 1.0 / (i + 1)));
    plain.ema.Update();
  }
  for (int64_t i = 0; i < 4; ++i) {
    const std::optional<FinishedStep> finished = device_step.Finish(0);
    ASSERT_TRUE(finished.has_value());
    EXPECT_EQ(finished->draws.step, i);
    EXPECT_EQ(finished->seconds, i);
    const StepResult& result = finished->result;
    EXPECT_NEAR(result.loss, expected[i].loss, 1e-4);
    EXPECT_NEAR(result.grad_norm, expected[i].grad_norm, 2e-3 * expected[i].grad_norm);
    EXPECT_EQ(result.counts.tokens, expected[i].counts.tokens);
    EXPECT_EQ(result.counts.tokens_right, expected[i].counts.tokens_right);
    EXPECT_EQ(result.counts.problems_right, expected[i].counts.problems_right);
    EXPECT_GT(result.counts.entropy, 1);
    EXPECT_NEAR(result.counts.entropy, expected[i].counts.entropy, 1e-3 * expected[i].counts.entropy);
  }
  EXPECT_FALSE(device_step.Finish(0).has_value());
  ExpectSame(queued, plain, 1e-4);
  EXPECT_EQ(queued.optimizer.steps(), 4);
  EXPECT_EQ(queued.ema.steps(), 4);
}

INSTANTIATE_TEST_SUITE_P(Models, DeviceStepTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(DeviceStepOrderTest, AStepThatIsNotFiniteIsLeftOutAndToldInItsTurn) {
  const TrainConfig train;
  Learner queued(Recipe(), train), plain(Recipe(), train);
  DeviceStep device_step(&train, queued.model.get(), &queued.optimizer, /*ema=*/nullptr,
                         /*group=*/nullptr, /*graphs=*/true);
  TrainStep step(&train, plain.model.get(), &plain.optimizer, /*threads=*/1);
  const double infinity = std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < 3; ++i) {
    const StepSeed draws = {/*seed=*/7, /*step=*/i, /*first_sample=*/0};
    Batch batch = SomeBatch(6);
    // An infinite rate at the second step makes the loss of the third one not finite.
    const double factor = i == 1 ? infinity : 1;
    ASSERT_TRUE(device_step.Queue(batch, draws, factor, /*seconds=*/0).ok());
    const StepResult expected = *step.Run(batch, draws, factor);
    EXPECT_EQ(expected.finite, i < 2);
  }
  EXPECT_FALSE(device_step.Finish(3).has_value());
  for (int64_t i = 0; i < 3; ++i) {
    const std::optional<FinishedStep> finished = device_step.Finish(0);
    ASSERT_TRUE(finished.has_value());
    EXPECT_EQ(finished->draws.step, i);
    EXPECT_EQ(finished->result.finite, i < 2);
  }
  EXPECT_EQ(queued.optimizer.steps(), 2);
}

// Seconds of a run of weeks at step `step`, which only rank 0 knows.
double SecondsAt(int64_t step) { return 2e6 + step / 64.0; }

// Batches of 5 problems for 2 ranks, and one of 1 problem, of which a rank has none.
TEST(DeviceStepRanksTest, TwoRanksLearnWhatOneDoesAndKnowTheSame) {
  TrainConfig train;
  train.mutable_optimizer()->set_learning_rate(1e-3);
  Learner plain(Recipe(), train);
  TrainStep step(&train, plain.model.get(), &plain.optimizer, /*threads=*/1);
  std::vector<StepResult> expected;
  const auto batch_of = [](int64_t i) { return SomeBatch(i == 2 ? 1 : 5); };
  const auto draws_of = [](int64_t i) {
    return StepSeed{/*seed=*/7, /*step=*/i, /*first_sample=*/static_cast<uint64_t>(5 * i)};
  };
  for (int64_t i = 0; i < 4; ++i) {
    Batch batch = batch_of(i);
    expected.push_back(*step.Run(batch, draws_of(i), 1));
    plain.ema.Update();
  }
  RunRanks(2, [&](ProcessGroup& group) {
    Learner queued(Recipe(), train);
    DeviceStep device_step(&train, queued.model.get(), &queued.optimizer, &queued.ema, &group, /*graphs=*/true);
    for (int64_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(device_step.Queue(batch_of(i), draws_of(i), 1, group.rank() == 0 ? SecondsAt(i) : 0).ok());
    }
    for (int64_t i = 0; i < 4; ++i) {
      const std::optional<FinishedStep> finished = device_step.Finish(0);
      ASSERT_TRUE(finished.has_value());
      EXPECT_EQ(finished->seconds, SecondsAt(i));
      const StepResult& result = finished->result;
      EXPECT_NEAR(result.loss, expected[i].loss, 1e-4);
      EXPECT_EQ(result.counts.tokens, expected[i].counts.tokens);
      EXPECT_EQ(result.counts.tokens_right, expected[i].counts.tokens_right);
      EXPECT_EQ(result.counts.problems, expected[i].counts.problems);
      EXPECT_EQ(result.counts.problems_right, expected[i].counts.problems_right);
      EXPECT_EQ(result.counts.padding, expected[i].counts.padding);
      EXPECT_NEAR(result.counts.entropy, expected[i].counts.entropy, 1e-3 * expected[i].counts.entropy);
      EXPECT_FALSE(result.stop);
    }
    ExpectSame(queued, plain, 1e-4);
  });
}

TEST(DeviceStepServesTest, SupervisedStatesAndScaledLossesNeedTheHost) {
  const std::unique_ptr<Model> model = *Model::Create(Recipe(), /*seed=*/3);
  const auto serves = [&](const TrainConfig& config) {
    return DeviceStep::Serves(config, Optimizer(config.optimizer(), model->parameters(), /*seed=*/1));
  };
  TrainConfig config;
  EXPECT_TRUE(serves(config));
  config.set_precision(TrainConfig::FP16);
  EXPECT_FALSE(serves(config));
  config.set_precision(TrainConfig::BF16);
  config.mutable_loss()->set_state_weight(1);
  EXPECT_FALSE(serves(config));
}

}  // namespace
}  // namespace tally
