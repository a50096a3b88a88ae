#include "lib/train/resolve_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/runs/run_folder.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ResolveConfigTest, DefaultsAreMadeExplicit) {
  const RunConfig config = ResolveConfig({})->config;
  EXPECT_TRUE(config.train().optimizer().has_learning_rate());
  EXPECT_EQ(config.train().optimizer().learning_rate(), 2e-3);
  EXPECT_THAT(PrintConfig(config), HasSubstr("hidden_size: 64"));
}

TEST(ResolveConfigTest, LaterSourcesWin) {
  ConfigSources sources;
  sources.run = absl::StrCat(::testing::TempDir(), "/resolve_run");
  sources.files = {absl::StrCat(::testing::TempDir(), "/resolve.textproto")};
  std::filesystem::remove_all(sources.run);
  RunConfig started;
  started.mutable_train()->set_batch_size(10);
  started.mutable_train()->set_seed(10);
  started.mutable_train()->set_threads(10);
  started.mutable_train()->set_pool_batches(10);
  ASSERT_TRUE(WriteRunConfig(sources.run, started).ok());
  ASSERT_TRUE(WriteFile(sources.files[0], "train { seed: 20 threads: 20 pool_batches: 20 }").ok());
  sources.assignments = {"train.threads=30", "train.pool_batches=30", "train.pool_batches=31"};
  sources.flags.mutable_train()->set_threads(40);
  const auto config = ResolveConfig(sources);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->config.train().batch_size(), 10);
  EXPECT_EQ(config->config.train().seed(), 20u);
  EXPECT_EQ(config->config.train().pool_batches(), 31);
  EXPECT_EQ(config->config.train().threads(), 40);
}

TEST(ResolveConfigTest, ABudgetGivenByFlagReplacesTheWholeBudget) {
  ConfigSources sources;
  sources.assignments = {"train.minutes=5", "train.steps=9"};
  EXPECT_EQ(ResolveConfig(sources)->config.train().minutes(), 5);
  sources.flags.mutable_train()->set_steps(100);
  EXPECT_EQ(ResolveConfig(sources)->config.train().steps(), 100);
  EXPECT_EQ(ResolveConfig(sources)->config.train().minutes(), 0);
  sources.flags.mutable_train()->set_minutes(2);
  EXPECT_EQ(ResolveConfig(sources)->config.train().steps(), 100);
  EXPECT_EQ(ResolveConfig(sources)->config.train().minutes(), 2);
}

TEST(ResolveConfigTest, DataOfALaterSourceReplaceThoseOfEarlierOnes) {
  ConfigSources sources;
  sources.files = {absl::StrCat(::testing::TempDir(), "/resolve.textproto")};
  ASSERT_TRUE(WriteFile(sources.files[0], "data: \"a\" data: \"b:2\"").ok());
  EXPECT_THAT(ResolveConfig(sources)->config.data(), ElementsAre("a", "b:2"));
  sources.assignments = {"train.seed=3"};
  EXPECT_THAT(ResolveConfig(sources)->config.data(), ElementsAre("a", "b:2"));
  sources.assignments = {"data=c", "data=d"};
  EXPECT_THAT(ResolveConfig(sources)->config.data(), ElementsAre("c", "d"));
  EXPECT_EQ(ResolveConfig(sources)->config.train().data_order(), TrainConfig::SHUFFLED);
  sources.flags.add_data("-");
  EXPECT_THAT(ResolveConfig(sources)->config.data(), ElementsAre("-"));
  EXPECT_EQ(ResolveConfig(sources)->config.train().data_order(), TrainConfig::SEQUENTIAL);
}

// The files that hold `texts`.
std::vector<std::string> Files(const std::vector<std::string>& texts) {
  std::vector<std::string> files;
  for (const std::string& text : texts) {
    files.push_back(absl::StrCat(::testing::TempDir(), "/layer_", files.size(), ".textproto"));
    EXPECT_TRUE(WriteFile(files.back(), text).ok());
  }
  return files;
}

TEST(ResolveConfigTest, FilesAreLayeredInTheirOrder) {
  ConfigSources sources;
  sources.files = Files({"data: 'a' train { seed: 1 batch_size: 7 } model { layers: 2 }", "train { seed: 2 }",
                         "data: 'b' model { hidden_size: 8 }"});
  const RunConfig config = ResolveConfig(sources)->config;
  EXPECT_EQ(config.train().seed(), 2u);
  EXPECT_EQ(config.train().batch_size(), 7);
  EXPECT_EQ(config.model().layers(), 2);
  EXPECT_EQ(config.model().hidden_size(), 8);
  EXPECT_THAT(config.data(), ElementsAre("b"));
}

TEST(ResolveConfigTest, WhatEachSourceOverrodeIsListed) {
  ConfigSources sources;
  sources.files = Files({"data: 'a' train { minutes: 3 seed: 1 }", "train { seed: 2 pool_batches: 16 }"});
  sources.assignments = {"model.layers=2"};
  sources.flags.mutable_train()->set_steps(5);
  sources.flags.add_data("-");
  const auto resolved = ResolveConfig(sources);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  std::vector<std::string> texts;
  for (const Override& change : resolved->overrides) texts.push_back(OverrideText(change));
  const std::string first = sources.files[0], second = sources.files[1];
  EXPECT_THAT(texts, ElementsAre("data: [] -> [\"a\"] (" + first + ")", "train.minutes: 0 -> 3 (" + first + ")",
                                 "train.seed: 0 -> 1 (" + first + ")", "train.seed: 1 -> 2 (" + second + ")",
                                 "model.layers: 1 -> 2 (--set)", "data: [\"a\"] -> [\"-\"] (flags)",
                                 "train.steps: 0 -> 5 (flags)", "train.minutes: 3 -> 0 (flags)",
                                 "train.data_order: SHUFFLED -> SEQUENTIAL (a token stream)"));
}

TEST(ResolveConfigTest, AutoIsThePrecisionThatARunHasBegunWith) {
  ConfigSources sources;
  sources.run = absl::StrCat(::testing::TempDir(), "/resolve_auto");
  std::filesystem::remove_all(sources.run);
  sources.flags.mutable_train()->set_precision(TrainConfig::AUTO);
  EXPECT_EQ(ResolveConfig(sources)->config.train().precision(), TrainConfig::AUTO);
  RunConfig started;
  started.mutable_train()->set_precision(TrainConfig::BF16);
  ASSERT_TRUE(WriteRunConfig(sources.run, started).ok());
  sources.assignments = {"train.precision=AUTO"};
  const auto resolved = ResolveConfig(sources);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->config.train().precision(), TrainConfig::BF16);
  EXPECT_TRUE(resolved->overrides.empty());
}

TEST(ResolveConfigTest, UnknownFieldsAreNamedWithTheNearest) {
  ConfigSources sources;
  sources.assignments = {"train.batch_sise=5"};
  const auto config = ResolveConfig(sources);
  EXPECT_EQ(ExitCodeOf(config.status()), kExitUsage);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("batch_size"));
}

}  // namespace
}  // namespace tally
