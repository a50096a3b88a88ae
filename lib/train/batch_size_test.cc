#include "lib/train/batch_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/batches/source_for_test.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 100 MiB, and one for every position.
double Probe(Batch& batch) { return 100 + static_cast<double>(batch.sequences * batch.length); }

TrainConfig SomeConfig(int64_t ceiling) {
  TrainConfig config;
  config.set_batch_size(48);
  config.set_max_memory_mb(ceiling);
  return config;
}

TEST(MemoryFitTest, ALongBatchRepeatsTheLongestLine) {
  const std::vector<uint8_t> longer = {5, 14, 6, 17, 7, kEndId}, shorter = {5, 14, 6, 17, kEndId};
  std::vector<Example> examples(2);
  examples[0].ids = shorter;
  examples[1].ids = longer;
  for (Example& example : examples) example.answer_start = 4;
  const Batch batch = LongBatch(MakeBatch(examples, /*answer_only=*/true), /*sequences=*/2, /*tokens=*/9);
  EXPECT_EQ(batch.sequences, 2);
  EXPECT_EQ(batch.length, 8);
  EXPECT_THAT(std::vector<int64_t>(batch.ids.begin(), batch.ids.begin() + 8),
              ElementsAre(5, 14, 6, 17, 7, kEndId, 5, 14));
  EXPECT_EQ(batch.labels.size(), 16u);
}

TEST(MemoryFitTest, MicrobatchesFitTheLongestLine) {
  SourceForTest source;
  source.mutable_facts()->longest_example = 21;
  // 280 MiB of 380 for positions: 14 lines of 20
  EXPECT_EQ(*FittedMicrobatchSize(SomeConfig(400), &source, Probe), 14);
}

TEST(MemoryFitTest, WhatFitsStaysAsAsked) {
  SourceForTest source;
  for (const int64_t ceiling : {0, 10000}) {
    TrainConfig config = SomeConfig(ceiling);
    EXPECT_EQ(*FittedMicrobatchSize(config, &source, Probe), 0);
    config.set_microbatch_size(7);
    EXPECT_EQ(*FittedMicrobatchSize(config, &source, Probe), 7);
  }
}

TEST(MemoryFitTest, AStreamHasNoLongestLine) {
  SourceForTest source;
  source.mutable_facts()->longest_example = 0;
  const absl::Status status = FittedMicrobatchSize(SomeConfig(400), &source, Probe).status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("train.microbatch_size for a stream"));
}

// A process whose start took 150 MiB, that now needs 20 MiB and then 3 a sequence.
class Process {
 public:
  double operator()(int64_t sequences) {
    peak_ = std::max(peak_, 120.0 + 3 * sequences);
    return peak_;
  }
  double peak() const { return peak_; }

 private:
  double peak_ = 150;
};

TEST(LargestMicrobatchTest, TheLargestThatStaysBelowTheCeiling) {
  for (const double ceiling : {170.0, 180.0, 200.0, 250.0, 400.0, 1000.0}) {
    Process process;
    const auto size = LargestMicrobatch(200, ceiling, [&](int64_t n) { return process(n); });
    ASSERT_TRUE(size.ok()) << size.status();
    EXPECT_LE(120 + 3 * *size, ceiling);
    EXPECT_LE(process.peak(), ceiling);
    const double possible = std::min(200.0, (0.95 * ceiling - 120) / 3);
    EXPECT_GE(*size, possible / 2) << ceiling;
  }
}

TEST(LargestMicrobatchTest, AWholeBatchThatFitsStaysWhole) {
  Process process;
  EXPECT_EQ(*LargestMicrobatch(48, 10000, [&](int64_t n) { return process(n); }), 48);
}

TEST(LargestMicrobatchTest, OneSequenceThatDoesNotFitIsSaid) {
  Process process;
  const auto size = LargestMicrobatch(48, 120, [&](int64_t n) { return process(n); });
  EXPECT_EQ(ExitCodeOf(size.status()), kExitUsage);
  EXPECT_THAT(std::string(size.status().message()), HasSubstr("train.max_memory_mb is 120; expected at least 158"));
}

TEST(BatchSizeTest, TheBudgetIsTheLargerOfStepsAndTime) {
  TrainConfig config;
  config.set_steps(200);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 50, 1e9), 0.25);
  config.set_minutes(2);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 50, 60), 0.5);
  EXPECT_DOUBLE_EQ(BudgetUsed(config, 150, 60), 0.75);
}

// The reference's batch_size_ramp: min((floor(fake per / m) + 1) m, batch) with per = batch / (T ramp).
TEST(BatchSizeTest, BatchGrowsByMicrobatches) {
  TrainConfig config;
  config.set_microbatch_size(128);
  constexpr double kT = 12e6;
  for (const int64_t batch : {8192, 8200}) {
    config.set_batch_size(batch);
    config.mutable_schedule()->set_batch_ramp_fraction(0);
    EXPECT_EQ(BatchSize(config, 0), batch);
    config.mutable_schedule()->set_batch_ramp_fraction(0.6);
    EXPECT_EQ(BatchSize(config, 0), 128);
    EXPECT_EQ(BatchSize(config, 1), batch);
    for (int64_t fake = 0; fake < 12'000'000; fake += 99'991) {
      const double per = static_cast<double>(batch) / (kT * 0.6);
      const int64_t expected = std::min((static_cast<int64_t>(std::floor(fake * per / 128)) + 1) * 128, batch);
      EXPECT_EQ(BatchSize(config, fake / kT), expected) << fake;
    }
  }
}

TEST(BatchOptionsOfTest, FollowTheConfiguration) {
  TrainConfig config;
  config.set_batch_size(7);
  config.set_pool_batches(3);
  config.set_seed(5);
  config.set_data_order(TrainConfig::SEQUENTIAL);
  config.mutable_loss()->set_answer_only(false);
  const BatchOptions options = BatchOptionsOf(config);
  EXPECT_EQ(options.batch_size, 7);
  EXPECT_EQ(options.pool_batches, 3);
  EXPECT_EQ(options.seed, 5u);
  EXPECT_TRUE(options.sequential);
  EXPECT_FALSE(options.answer_only);
}

}  // namespace
}  // namespace tally
