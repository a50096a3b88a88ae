#include "lib/runs/training_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

// Two problems of three labels each and one of one; lengths 4, 4 and 2.
Batch SomeBatch() {
  Batch batch;
  batch.sequences = 3;
  batch.length = 4;
  batch.ids = {5, 6, 7, 8, 5, 6, 7, 8, 5, 6, kPadId, kPadId};
  batch.label_positions = {1, 2, 3, 5, 6, 7, 9};
  batch.labels = {1, 2, 3, 1, 2, 3, 4};
  return batch;
}

TEST(CountRightTest, AProblemIsRightWhereAllItsLabelsAre) {
  const StepCounts counts = CountRight(SomeBatch(), 0, 3, {1, 2, 3, 1, 9, 3, 4});
  EXPECT_EQ(counts.tokens, 7);
  EXPECT_EQ(counts.tokens_right, 6);
  EXPECT_EQ(counts.problems, 3);
  EXPECT_EQ(counts.problems_right, 2);
  EXPECT_EQ(counts.positions, 12);
  EXPECT_EQ(counts.padding, 2);
}

TEST(CountRightTest, PartsAddUpToTheWhole) {
  StepCounts sum = CountRight(SomeBatch(), 0, 1, {1, 2, 3});
  sum += CountRight(SomeBatch(), 1, 2, {1, 9, 3, 4});
  const StepCounts whole = CountRight(SomeBatch(), 0, 3, {1, 2, 3, 1, 9, 3, 4});
  EXPECT_EQ(sum.tokens_right, whole.tokens_right);
  EXPECT_EQ(sum.problems_right, whole.problems_right);
  EXPECT_EQ(sum.padding, whole.padding);
  EXPECT_EQ(sum.positions, whole.positions);
}

class RecordingSink : public MetricsSink {
 public:
  explicit RecordingSink(std::vector<StepMetrics>* lines) : lines_(lines) {}
  absl::Status Append(const StepMetrics& metrics) override {
    lines_->push_back(metrics);
    return absl::OkStatus();
  }

 private:
  std::vector<StepMetrics>* const lines_;
};

TEST(TrainingLogTest, LinesHoldAveragesSinceTheLastOne) {
  std::vector<StepMetrics> lines;
  std::vector<std::unique_ptr<MetricsSink>> sinks;
  sinks.push_back(std::make_unique<RecordingSink>(&lines));
  sinks.push_back(std::make_unique<RecordingSink>(&lines));
  TrainConfig config;
  config.set_steps(10);
  TrainingLog log(&config, std::move(sinks), /*examples=*/4);
  StepCounts counts = CountRight(SomeBatch(), 0, 3, {1, 2, 3, 1, 9, 3, 4});
  counts.entropy = 3.5;
  log.Add(2, counts);
  log.Add(4, counts);
  TrainerState state;
  state.step = 2;
  state.problems = 6;
  ASSERT_TRUE(log.Write(state, 0.1, 7).ok());
  log.Add(5, counts);
  state.step = 3;
  ASSERT_TRUE(log.Write(state, 0.1, 7).ok());
  ASSERT_EQ(lines.size(), 4u);  // two sinks
  EXPECT_EQ(lines[0].loss, 3);
  EXPECT_EQ(lines[1].loss, 3);
  EXPECT_EQ(lines[3].loss, 5);
  EXPECT_EQ(lines[0].step, 2);
  EXPECT_EQ(lines[0].problems, 6);
  EXPECT_DOUBLE_EQ(lines[0].exact, 2.0 / 3);
  EXPECT_DOUBLE_EQ(lines[0].token_accuracy, 6.0 / 7);
  EXPECT_DOUBLE_EQ(lines[0].padding, 2.0 / 12);
  EXPECT_GT(lines[0].resident_mb, 1);
  EXPECT_DOUBLE_EQ(lines[0].entropy, 0.5);  // 7 labels
  EXPECT_EQ(lines[0].batch_size, 3);
  EXPECT_EQ(lines[0].epoch, 1.5);
  EXPECT_DOUBLE_EQ(*lines[0].muon_learning_rate, 1);  // its default is ten times AdamW's
}

TEST(TrainingLogTest, StateCountsAreSharesByRecurrence) {
  std::vector<StepMetrics> lines;
  std::vector<std::unique_ptr<MetricsSink>> sinks;
  sinks.push_back(std::make_unique<RecordingSink>(&lines));
  TrainConfig config;
  TrainingLog log(&config, std::move(sinks));
  StepCounts counts = CountRight(SomeBatch(), 0, 3, {1, 2, 3, 1, 9, 3, 4});
  counts.state.Add(1, true);
  counts.state.Add(3, true);
  counts.state.Add(3, false);
  counts.state.Add(StateCounts::kRecurrences + 1, true);
  log.Add(2, counts);
  log.Add(2, counts);
  ASSERT_TRUE(log.Write(TrainerState(), 0.1, 7).ok());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].epoch, std::nullopt);
  EXPECT_EQ(lines[0].state_accuracy, (std::vector<std::pair<int64_t, double>>{{1, 1}, {3, 0.5}}));
  EXPECT_EQ(NamedValues(lines[0]).back(), (std::pair<std::string, double>("state_accuracy/3", 0.5)));
}

TEST(TrainingLogTest, TellsOfTheDevice) {
  std::vector<StepMetrics> lines;
  std::vector<std::unique_ptr<MetricsSink>> sinks;
  sinks.push_back(std::make_unique<RecordingSink>(&lines));
  TrainConfig config;
  config.set_steps(10);
  auto device = DeviceMeter::Open(0, "lib/runs/libnvml_for_test.so");
  ASSERT_NE(device, nullptr);
  TrainingLog log(&config, std::move(sinks), /*examples=*/0, std::move(device));
  log.Add(2, CountRight(SomeBatch(), 0, 3, {1, 2, 3, 1, 9, 3, 4}));
  ASSERT_TRUE(log.Write(TrainerState(), 0.1, 7).ok());
  EXPECT_THAT(NamedValues(lines[0]),
              ::testing::IsSupersetOf({std::pair<std::string, double>("device_mb", 1024),
                                       std::pair<std::string, double>("device_energy_joules", 1.5)}));
}

// A line of no steps would be a division by zero.
TEST(TrainingLogTest, WithoutStepsThereIsNoLine) {
  std::vector<StepMetrics> lines;
  std::vector<std::unique_ptr<MetricsSink>> sinks;
  sinks.push_back(std::make_unique<RecordingSink>(&lines));
  TrainConfig config;
  config.set_steps(10);
  TrainingLog log(&config, std::move(sinks));
  ASSERT_TRUE(log.Write(TrainerState(), 0.1, 7).ok());
  EXPECT_TRUE(lines.empty());
}

TEST(LogIntervalTest, DoublesAfterAsManyLinesAsBefore) {
  EXPECT_EQ(LogInterval(1, 1), 1);
  EXPECT_EQ(LogInterval(kFinestLines - 1, 1), 1);
  EXPECT_EQ(LogInterval(kFinestLines, 1), 2);
  EXPECT_EQ(LogInterval(3 * kFinestLines - 1, 1), 2);
  EXPECT_EQ(LogInterval(3 * kFinestLines, 1), 4);
  EXPECT_EQ(LogInterval(20 * kFinestLines - 1, 20), 20);
  EXPECT_EQ(LogInterval(20 * kFinestLines, 20), 40);
  int64_t lines = 0;
  for (int64_t step = 1; step <= 10'000'000; ++step) lines += step % LogInterval(step, 1) == 0 ? 1 : 0;
  EXPECT_EQ(lines, 471'853);
  EXPECT_LT(LogInterval(10'000'000, 1), 10'000'000 / kFinestLines);
}

// Files of a run's folder after its log was opened.
int64_t FilesOf(bool writes, bool tensorboard) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/open_log");
  std::filesystem::remove_all(run);
  std::filesystem::create_directories(run);
  TrainConfig config;
  config.set_tensorboard(tensorboard);
  const auto log = OpenLog(run, /*step=*/0, &config, writes);
  EXPECT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(std::filesystem::exists(run + "/metrics.jsonl"), writes);
  return std::distance(std::filesystem::directory_iterator(run), std::filesystem::directory_iterator());
}

TEST(OpenLogTest, WritesWhatTheConfigurationAsksFor) {
  EXPECT_EQ(FilesOf(/*writes=*/true, /*tensorboard=*/false), 1);
  EXPECT_EQ(FilesOf(/*writes=*/true, /*tensorboard=*/true), 2);
  EXPECT_EQ(FilesOf(/*writes=*/false, /*tensorboard=*/true), 0);
}

}  // namespace
}  // namespace tally
