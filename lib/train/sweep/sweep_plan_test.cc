#include "lib/train/sweep/sweep_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The plan of the sweep `text` for data that are there and a budget.
absl::StatusOr<std::vector<PlannedRun>> Plan(const std::string& text, ConfigSources base = {}) {
  Sweep sweep;
  const absl::Status parsed = MergeConfigText(text, "s.textproto", &sweep);
  if (!parsed.ok()) return parsed;
  const std::string data = absl::StrCat(::testing::TempDir(), "/sweep_data");
  if (base.flags.data().empty()) base.flags.add_data(data);
  if (!base.flags.train().has_steps()) base.flags.mutable_train()->set_steps(5);
  const absl::Status written = WriteFile(data, "");
  if (!written.ok()) return written;
  return PlanSweep("s.textproto", sweep, base);
}

std::vector<std::string> Names(const std::string& text) {
  const auto runs = Plan(text);
  if (!runs.ok()) return {std::string(runs.status().message())};
  std::vector<std::string> names;
  for (const PlannedRun& planned : *runs) names.push_back(SweepRunName(planned.run));
  return names;
}

TEST(SweepPlanTest, EveryCombinationOnceForEachSeed) {
  EXPECT_THAT(Names("axis { field: 'train.batch_size' value: ['8', '16'] }"
                    "axis { field: 'train.optimizer.kind' value: ['ADAMW', 'LION'] } seed: [1, 2]"),
              ElementsAre("train.batch_size=8, train.optimizer.kind=ADAMW, train.seed=1",
                          "train.batch_size=8, train.optimizer.kind=LION, train.seed=1",
                          "train.batch_size=16, train.optimizer.kind=ADAMW, train.seed=1",
                          "train.batch_size=16, train.optimizer.kind=LION, train.seed=1",
                          "train.batch_size=8, train.optimizer.kind=ADAMW, train.seed=2",
                          "train.batch_size=8, train.optimizer.kind=LION, train.seed=2",
                          "train.batch_size=16, train.optimizer.kind=ADAMW, train.seed=2",
                          "train.batch_size=16, train.optimizer.kind=LION, train.seed=2"));
}

TEST(SweepPlanTest, AxesTogetherGoInStep) {
  EXPECT_THAT(
      Names("together { axis { field: 'model.hidden_size' value: ['32', '64'] }"
            "           axis { field: 'model.attention.heads' value: ['2', '4'] } }"),
      ElementsAre("model.hidden_size=32, model.attention.heads=2", "model.hidden_size=64, model.attention.heads=4"));
  EXPECT_THAT(Names("seed: 7"), ElementsAre("train.seed=7"));
}

TEST(SweepPlanTest, AxesLieOverTheCommandLineAndThatOverTheFile) {
  ConfigSources base;
  base.assignments = {"train.pool_batches=3", "train.log_every_steps=3"};
  base.flags.mutable_train()->set_seed(3);
  const auto runs = Plan(
      "set: ['train.pool_batches=2', 'train.log_every_steps=2', 'train.save_every_steps=2']"
      "axis { field: 'train.log_every_steps' value: '4' } threads: 2 seed: 4",
      base);
  ASSERT_TRUE(runs.ok()) << runs.status();
  const TrainConfig& train = runs->at(0).config.train();
  EXPECT_EQ(train.save_every_steps(), 2);
  EXPECT_EQ(train.pool_batches(), 3);
  EXPECT_EQ(train.log_every_steps(), 4);
  EXPECT_EQ(train.seed(), 4u);
  EXPECT_EQ(train.threads(), 2);
  EXPECT_EQ(Plan("seed: 1 set: 'train.threads=3'")->at(0).config.train().threads(), 3);
}

TEST(SweepPlanTest, AnAxisOfDataReplacesThem) {
  const std::string data = absl::StrCat(::testing::TempDir(), "/sweep_data");
  const auto runs = Plan(absl::StrCat("axis { field: 'data' value: ['", data, ":2'] }"));
  ASSERT_TRUE(runs.ok()) << runs.status();
  EXPECT_THAT(runs->at(0).config.data(), ElementsAre(data + ":2"));
}

TEST(SweepPlanTest, WhatTrainWouldRefuseIsRefusedWithItsRun) {
  const std::pair<const char*, const char*> wrong[] = {
      {"axis { field: 'train.batch_sise' value: '8' }", "run 1 (train.batch_sise=8): .*did you mean"},
      {"axis { field: 'train.batch_size' value: ['8', '8x'] }", "run 2 (train.batch_size=8x): "},
      {"axis { field: 'train.batch_size' value: ['8', '0'] }", "run 2 (train.batch_size=0): train.batch_size is 0"},
      {"axis { field: 'model.attention.heads' value: '5' }", "run 1 (model.attention.heads=5): "},
      {"axis { field: 'train.batch_size' value: ['8', '8'] }", "run 2 .* has the configuration of run 1"},
      {"axis { field: 'train.optimizer.learning_rate' value: ['1e-3', '0.001'] }", "has the configuration of run 1"},
      {"axis { field: 'train.batch_size' }", "axis train.batch_size has no value"},
      {"axis { value: '3' }", "an axis without a field"},
      {"together { }", "without an axis"},
      {"together { axis { field: 'a' value: ['1', '2'] } axis { field: 'b' value: '1' } }", "a has 2 values and b 1"},
      {"set: 'train.step=1'", "train.step=1"},
      {"axis { field: 'data' value: '-' }", "data is a stream"},
      {"axes { }", "no field named \"axes\""}};
  for (const auto& [text, message] : wrong) {
    const auto runs = Plan(text);
    EXPECT_EQ(ExitCodeOf(runs.status()), kExitUsage) << text << ": " << runs.status();
    for (const absl::string_view part : absl::StrSplit(message, ".*")) {
      EXPECT_THAT(std::string(runs.status().message()), HasSubstr(std::string(part))) << text;
    }
    EXPECT_THAT(std::string(runs.status().message()), HasSubstr("s.textproto:")) << text;
  }
  EXPECT_EQ(ExitCodeOf(Plan("axis { field: 'data' value: 'gone' }").status()), kExitMissingInput);
}

TEST(SweepPlanTest, TooManyRunsAreRefused) {
  std::string axes;
  for (const char* field : {"train.batch_size", "train.steps", "train.pool_batches", "train.seed"}) {
    absl::StrAppend(&axes, "axis { field: '", field, "' value: ['1','2','3','4','5','6','7','8','9','10','11'] }");
  }
  EXPECT_THAT(Names(axes), ElementsAre(HasSubstr("more than 10000 combinations")));
}

TEST(SweepPlanTest, FlagsOfEvalAreChecked) {
  EXPECT_TRUE(CheckEvalFlags("s", {}).ok());
  EXPECT_TRUE(CheckEvalFlags("s", {"--rows=1..20:5", "--cols=3", "--samples=10"}).ok());
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{"--row=3"},
                                             {"--rows=x"},
                                             {"--samples=-1"},
                                             {"--model=m"},
                                             {"--out=o"},
                                             {"--shard=0/2"},
                                             {"merge"},
                                             {"--help"},
                                             {"--recurrences=x"},
                                             {"--task=additon"},
                                             {"--rows=1..3 --cols=2"},
                                             {"--problems=p.txt", "--rows=1..5"}}) {
    const absl::Status status = CheckEvalFlags("s", bad);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage) << bad[0];
    EXPECT_THAT(std::string(status.message()), HasSubstr("s: eval: ")) << bad[0];
  }
}

}  // namespace
}  // namespace tally
