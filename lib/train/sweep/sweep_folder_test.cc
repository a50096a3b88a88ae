#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/train/sweep/sweep_plan.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

// A folder with data and the file of a sweep.
class SweepFolderTest : public ::testing::Test {
 protected:
  SweepFolderTest() {
    fs::remove_all(root_);
    fs::create_directories(root_);
    EXPECT_TRUE(WriteFile(data_, "").ok());
  }

  // Writes the sweep `text`; `steps` is the budget.
  absl::StatusOr<SweepSize> Write(const std::string& text, int64_t steps = 5) {
    const absl::Status written = WriteFile(file_, text);
    if (!written.ok()) return written;
    ConfigSources base;
    base.flags.add_data(data_);
    base.flags.mutable_train()->set_steps(steps);
    return WriteSweep(file_, base, folder_);
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    const auto runs = ReadSweepRuns(folder_);
    EXPECT_TRUE(runs.ok()) << runs.status();
    for (const SweepRun& run : *runs) names.push_back(SweepRunName(run));
    return names;
  }

  std::string Config(int number) const { return absl::StrCat(folder_, "/configs/", number, ".textproto"); }

  const std::string root_ = absl::StrCat(::testing::TempDir(), "/sweep_folder");
  const std::string data_ = root_ + "/data", file_ = root_ + "/s.textproto", folder_ = root_ + "/sweep";
};

constexpr char kTwo[] = "axis { field: 'train.batch_size' value: ['8', '16'] }";

TEST_F(SweepFolderTest, ConfigurationsHoldWhatDiffersFromTheDefaults) {
  const auto size = Write(absl::StrCat(kTwo, " seed: [0, 1] set: 'train.threads=3' eval: '--rows=1..3'"));
  ASSERT_TRUE(size.ok()) << size.status();
  EXPECT_EQ(size->runs, 4);
  EXPECT_EQ(size->threads, 3);
  const std::string config = *ReadFile(Config(4));
  EXPECT_THAT(config, HasSubstr(absl::StrCat("data: \"", data_, "\"\n")));
  for (const char* line : {"  steps: 5\n", "  batch_size: 16\n", "  seed: 1\n", "  threads: 3\n"}) {
    EXPECT_THAT(config, HasSubstr(line));
  }
  EXPECT_THAT(config, Not(HasSubstr("model {")));    // all of it is as usual
  EXPECT_THAT(config, HasSubstr("  minutes: 0\n"));  // which a run that continues may have had otherwise
  EXPECT_EQ(*ReadFile(folder_ + "/eval.txt"), "--rows=1..3\n");
}

TEST_F(SweepFolderTest, AGrownSweepKeepsItsNumbers) {
  ASSERT_TRUE(Write(absl::StrCat(kTwo, " seed: 1")).ok());
  ASSERT_TRUE(Write("axis { field: 'train.batch_size' value: ['4', '8', '16'] } seed: [2, 1]").ok());
  EXPECT_THAT(Names(), ElementsAre("train.batch_size=8, train.seed=1", "train.batch_size=16, train.seed=1",
                                   "train.batch_size=4, train.seed=2", "train.batch_size=8, train.seed=2",
                                   "train.batch_size=16, train.seed=2", "train.batch_size=4, train.seed=1"));
}

TEST_F(SweepFolderTest, ALargerBudgetRewritesAndTheSameDoesNot) {
  ASSERT_TRUE(Write(kTwo).ok());
  const auto before = fs::last_write_time(Config(1));
  fs::last_write_time(Config(1), before - std::chrono::hours(1));
  ASSERT_TRUE(Write(kTwo).ok());
  EXPECT_EQ(fs::last_write_time(Config(1)), before - std::chrono::hours(1));
  ASSERT_TRUE(Write(kTwo, 6).ok());
  EXPECT_GE(fs::last_write_time(Config(1)), before);
}

TEST_F(SweepFolderTest, AnotherSweepIsRefusedAndChangesNothing) {
  ASSERT_TRUE(Write(kTwo).ok());
  const std::string runs = *ReadFile(folder_ + "/runs.jsonl");
  for (const auto& [text, message] : {std::pair("axis { field: 'train.batch_size' value: ['8', '32'] }", "run 2 "),
                                      std::pair("axis { field: 'train.batch_size' value: ['8', '16'] }"
                                                "set: 'model.hidden_size=32'",
                                                "model.hidden_size"),
                                      std::pair("seed: 1", "not in the sweep any more")}) {
    const auto size = Write(text);
    EXPECT_EQ(ExitCodeOf(size.status()), kExitUsage);
    EXPECT_THAT(std::string(size.status().message()), HasSubstr(message));
  }
  EXPECT_EQ(*ReadFile(folder_ + "/runs.jsonl"), runs);
}

TEST_F(SweepFolderTest, ARefusedSweepWritesNothing) {
  EXPECT_FALSE(Write("axis { field: 'train.batch_size' value: ['8', '0'] }").ok());
  EXPECT_FALSE(Write("seed: 1 eval: '--rowz=1'").ok());
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(SweepFolderTest, FlagsOfTrainThatSetNoFieldAreRefused) {
  TrainFlags flags;
  flags.set_sweep(file_);
  EXPECT_THAT(std::string(RunSweepTool(flags, {}).status().message()), HasSubstr("--out is missing"));
  flags.set_out(folder_);
  flags.set_resume(true);
  EXPECT_THAT(std::string(RunSweepTool(flags, {}).status().message()), HasSubstr("--resume has no meaning"));
}

}  // namespace
}  // namespace tally
