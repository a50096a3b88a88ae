// The lines of docs/training.md: each lowers the loss of a small model within a second or so.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/optim/gradient_scale.h"
#include "lib/optim/optimizer.h"
#include "lib/optim/schedule.h"
#include "lib/runs/run_folder.h"
#include "lib/train/batch_size.h"
#include "lib/train/data_parallel.h"

namespace tally {
namespace {

constexpr int kSteps = 60;

// The lines of options, each as its assignments.
std::vector<std::vector<std::string>> Lines() {
  std::vector<std::vector<std::string>> lines;
  for (absl::string_view line : absl::StrSplit(*ReadFile("docs/training.md"), '\n')) {
    if (!absl::ConsumePrefix(&line, "    --set=train.")) continue;
    std::vector<std::string> assignments;
    for (const absl::string_view one : absl::StrSplit(line, " --set=train.")) assignments.emplace_back(one);
    lines.push_back(assignments);
  }
  return lines;
}

// Sixteen sequences that count up from a token of their own, by 1 or 2.
Batch CountingBatch() {
  Batch batch;
  batch.sequences = 16;
  batch.length = 6;
  for (int64_t s = 0; s < batch.sequences; ++s) {
    for (int64_t t = 0; t < batch.length; ++t) {
      batch.ids.push_back(4 + (s / 2 + t * (1 + s % 2)) % 10);
      if (t == 0) continue;
      batch.label_positions.push_back(s * batch.length + t);
      batch.labels.push_back(4 + (s / 2 + (t + 1) * (1 + s % 2)) % 10);
    }
    batch.samples.push_back(s);
  }
  return batch;
}

TEST(RecipesTest, EveryLineLowersTheLoss) {
  const std::vector<std::vector<std::string>> lines = Lines();
  ASSERT_GE(lines.size(), 31u);
  ModelConfig model_config;
  model_config.set_hidden_size(16);
  model_config.set_recurrences(2);
  model_config.mutable_attention()->set_heads(2);
  for (const std::vector<std::string>& line : lines) {
    SCOPED_TRACE(line[0] + " " + line.back());
    TrainConfig config;
    for (const std::string& assignment : line) {
      const absl::Status set = SetConfigField(assignment, &config);
      ASSERT_TRUE(set.ok()) << set;
    }
    config.set_steps(kSteps);
    ASSERT_TRUE(ValidateTrainConfig(config).ok()) << ValidateTrainConfig(config);
    // A hundred steps of warm-up would be all there is.
    if (config.schedule().warmup_steps() == 100) config.mutable_schedule()->set_warmup_steps(5);
    const std::unique_ptr<Model> model = *Model::Create(model_config, /*seed=*/3);
    DataParallel parallel(model.get(), config.loss(), /*threads=*/1);
    Optimizer optimizer(config.optimizer(), model->parameters(), /*seed=*/3);
    Batch batch = CountingBatch();
    StepSeed draws;
    const double before = parallel.Backward(batch, draws).loss;
    for (int64_t step = 0; step < kSteps; ++step) {
      parallel.Backward(batch, draws);
      ClipGradients(model->parameters(), config.optimizer());
      const double used = BudgetUsed(config, step, /*seconds=*/0);
      optimizer.Step(LearningRateFactor(config.schedule(), step, used), [&] { parallel.Backward(batch, draws); });
    }
    const double after = parallel.Backward(batch, draws).loss;
    EXPECT_LT(after, 0.8 * before);
    std::printf("%5.2f -> %5.2f  %s %s\n", before, after, line[0].c_str(), line.back().c_str());
  }
}

}  // namespace
}  // namespace tally
