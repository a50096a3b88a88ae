#include "lib/train/memory_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(MemoryFitTest, ALongBatchRepeatsTheFirstLine) {
  SourceForTest source;
  const Batch batch = LongBatch(*source.Take(0, 1), /*sequences=*/2, /*tokens=*/9);
  EXPECT_EQ(batch.sequences, 2);
  EXPECT_EQ(batch.length, 8);
  EXPECT_THAT(std::vector<int64_t>(batch.ids.begin(), batch.ids.begin() + 8),
              ElementsAre(5, 14, 6, 17, 7, kEndId, 5, 14));
  EXPECT_EQ(batch.labels.size(), 16u);
}

TEST(MemoryFitTest, MicrobatchesFitTheLongestLine) {
  SourceForTest source;
  source.mutable_facts()->longest_row = 21;
  TrainConfig config = SomeConfig(400);  // 280 MiB of 380 for positions: 14 lines of 20
  ASSERT_TRUE(FitMemory(&source, Probe, &config).ok());
  EXPECT_EQ(config.microbatch_size(), 14);
}

TEST(MemoryFitTest, WhatFitsStaysAsAsked) {
  SourceForTest source;
  for (const int64_t ceiling : {0, 10000}) {
    TrainConfig config = SomeConfig(ceiling);
    ASSERT_TRUE(FitMemory(&source, Probe, &config).ok());
    EXPECT_EQ(config.microbatch_size(), 0);
    config.set_microbatch_size(7);
    ASSERT_TRUE(FitMemory(&source, Probe, &config).ok());
    EXPECT_EQ(config.microbatch_size(), 7);
  }
}

TEST(MemoryFitTest, AStreamHasNoLongestLine) {
  SourceForTest source;
  source.mutable_facts()->longest_row = 0;
  TrainConfig config = SomeConfig(400);
  const absl::Status status = FitMemory(&source, Probe, &config);
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("train.microbatch_size for a stream"));
}

}  // namespace
}  // namespace tally
