#include "lib/train/resolve_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

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
  const RunConfig config = *ResolveConfig({});
  EXPECT_TRUE(config.train().optimizer().has_learning_rate());
  EXPECT_EQ(config.train().optimizer().learning_rate(), 2e-3);
  EXPECT_THAT(PrintConfig(config), HasSubstr("hidden_size: 64"));
}

TEST(ResolveConfigTest, LaterSourcesWin) {
  ConfigSources sources;
  sources.run = absl::StrCat(::testing::TempDir(), "/resolve_run");
  sources.file = absl::StrCat(::testing::TempDir(), "/resolve.textproto");
  std::filesystem::remove_all(sources.run);
  RunConfig started;
  started.mutable_train()->set_batch_size(10);
  started.mutable_train()->set_seed(10);
  started.mutable_train()->set_threads(10);
  started.mutable_train()->set_pool_batches(10);
  ASSERT_TRUE(WriteRunConfig(sources.run, started).ok());
  ASSERT_TRUE(WriteFile(sources.file, "train { seed: 20 threads: 20 pool_batches: 20 }").ok());
  sources.assignments = {"train.threads=30", "train.pool_batches=30", "train.pool_batches=31"};
  sources.threads = 40;
  const auto config = ResolveConfig(sources);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->train().batch_size(), 10);
  EXPECT_EQ(config->train().seed(), 20u);
  EXPECT_EQ(config->train().pool_batches(), 31);
  EXPECT_EQ(config->train().threads(), 40);
}

TEST(ResolveConfigTest, ABudgetGivenByFlagReplacesTheWholeBudget) {
  ConfigSources sources;
  sources.assignments = {"train.minutes=5", "train.steps=9"};
  EXPECT_EQ(ResolveConfig(sources)->train().minutes(), 5);
  sources.steps = 100;
  EXPECT_EQ(ResolveConfig(sources)->train().steps(), 100);
  EXPECT_EQ(ResolveConfig(sources)->train().minutes(), 0);
  sources.minutes = 2;
  EXPECT_EQ(ResolveConfig(sources)->train().steps(), 100);
  EXPECT_EQ(ResolveConfig(sources)->train().minutes(), 2);
}

TEST(ResolveConfigTest, DataOfALaterSourceReplaceThoseOfEarlierOnes) {
  ConfigSources sources;
  sources.file = absl::StrCat(::testing::TempDir(), "/resolve.textproto");
  ASSERT_TRUE(WriteFile(sources.file, "data: \"a\" data: \"b:2\"").ok());
  EXPECT_THAT(ResolveConfig(sources)->data(), ElementsAre("a", "b:2"));
  sources.assignments = {"train.seed=3"};
  EXPECT_THAT(ResolveConfig(sources)->data(), ElementsAre("a", "b:2"));
  sources.assignments = {"data=c", "data=d"};
  EXPECT_THAT(ResolveConfig(sources)->data(), ElementsAre("c", "d"));
  EXPECT_EQ(ResolveConfig(sources)->train().data_order(), TrainConfig::SHUFFLED);
  sources.data = {"-"};
  EXPECT_THAT(ResolveConfig(sources)->data(), ElementsAre("-"));
  EXPECT_EQ(ResolveConfig(sources)->train().data_order(), TrainConfig::SEQUENTIAL);
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
