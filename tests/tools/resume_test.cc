// A training run that is stopped or killed, and continued, ends in the same bytes as one that never stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kTrain[] =
    "train --data=tokens.safetensors --resume --steps=400 --threads=1 --set model.hidden_size=16 "
    "--set model.attention.heads=2 --set train.batch_size=8 --set train.log_every_steps=1 "
    "--set train.save_every_steps=19 --out=";

class ResumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = NewFolder();
    ASSERT_EQ(
        RunCommand(folder_, "datagen --count=3000 --max_digits=6 --seed=1 | tokenize --out=tokens.safetensors").code,
        0);
    const auto start = std::chrono::steady_clock::now();
    const ToolResult unbroken = RunCommand(folder_, std::string(kTrain) + "unbroken");
    unbroken_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ASSERT_EQ(unbroken.code, 0) << unbroken.err;
  }

  void ExpectSameEnd(const std::string& run) {
    for (const std::string file : {"model.safetensors", "config.json", "tokenizer.json"}) {
      EXPECT_EQ(
          RunCommand(folder_, "cmp unbroken/checkpoints/latest/" + file + " " + run + "/checkpoints/latest/" + file)
              .code,
          0)
          << file;
    }
    EXPECT_THAT(RunCommand(folder_, "readlink " + run + "/checkpoints/latest").out, HasSubstr("step_00000400"));
    // Every step was logged once.
    EXPECT_EQ(RunCommand(folder_, "wc -l <" + run + "/metrics.jsonl").out, "400\n");
  }

  std::string folder_;
  double unbroken_seconds_ = 0;
};

TEST_F(ResumeTest, StoppedBySigtermAndContinued) {
  const ToolResult stopped = RunCommand(
      folder_, std::string(kTrain) +
                   "stopped & pid=$!\n"
                   "until [ \"$(wc -l <stopped/metrics.jsonl 2>/dev/null || echo 0)\" -ge 20 ]; do sleep .01; done\n"
                   "kill -TERM $pid; wait $pid");
  ASSERT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume continues"));
  const ToolResult resumed = RunCommand(folder_, std::string(kTrain) + "stopped");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("continuing stopped from step"));
  ExpectSameEnd("stopped");
}

// Moments are drawn as fractions of the time that the unbroken run took, so that fast machines see kills as well: with
// at most half of that time for each attempt, the first two cannot come to the end.
TEST_F(ResumeTest, KilledAtRandomMomentsAndContinued) {
  const unsigned seed = 20261124;
  std::mt19937 random(seed);
  int killed = 0;
  for (int attempt = 0; attempt < 25; ++attempt) {
    const double seconds = unbroken_seconds_ * std::uniform_real_distribution<double>(0.1, 0.5)(random);
    const ToolResult result =
        RunCommand(folder_, "timeout -s KILL " + std::to_string(seconds) + " " + kTrain + "killed");
    if (result.code == 0) break;
    ASSERT_EQ(result.code, 137) << "seed " << seed << ", attempt " << attempt << "\n" << result.err;
    ++killed;
    // What is there after a kill either opens or is said to be absent.
    const ToolResult opened = RunCommand(folder_, "echo 1+1= | predict --model=killed --threads=1");
    EXPECT_TRUE(opened.code == 0 || opened.code == 66) << opened.err;
  }
  EXPECT_GE(killed, 2);
  ASSERT_EQ(RunCommand(folder_, std::string(kTrain) + "killed").code, 0);
  ExpectSameEnd("killed");
}

TEST_F(ResumeTest, AnotherConfigurationIsRefused) {
  const ToolResult result =
      RunCommand(folder_, "train --resume --out=unbroken --data=tokens.safetensors --set model.hidden_size=32");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("model.hidden_size: 16 -> 32"));
}

TEST_F(ResumeTest, AFinishedRunCanBeExtended) {
  const ToolResult result = RunCommand(folder_, "train --resume --out=unbroken --steps=410 --threads=1");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(RunCommand(folder_, "readlink unbroken/checkpoints/latest").out, HasSubstr("step_00000410"));
}

}  // namespace
}  // namespace tally
