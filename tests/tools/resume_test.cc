// A training run that is stopped or killed, and continued, ends in the same bytes as one that never stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kTrain[] =
    "train --data=tokens.safetensors --resume --steps=120 --threads=1 --set model.hidden_size=16 "
    "--set model.attention.heads=2 --set train.batch_size=8 --set train.log_every_steps=1 "
    "--set train.save_every_steps=9 --out=";

class ResumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = NewFolder();
    ASSERT_EQ(
        RunCommand(folder_, "datagen --count=3000 --max_digits=6 --seed=1 | tokenize --out=tokens.safetensors").code,
        0);
    const ToolResult unbroken = RunCommand(folder_, std::string(kTrain) + "unbroken");
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
    EXPECT_THAT(RunCommand(folder_, "readlink " + run + "/checkpoints/latest").out, HasSubstr("step_00000120"));
    // Every step was logged once.
    EXPECT_EQ(RunCommand(folder_, "wc -l <" + run + "/metrics.jsonl").out, "120\n");
  }

  std::string folder_;
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

TEST_F(ResumeTest, KilledAtRandomMomentsAndContinued) {
  const unsigned seed = 20261124;
  std::mt19937 random(seed);
  int killed = 0;
  for (int attempt = 0; attempt < 60; ++attempt) {
    const double seconds = 0.2 + 0.01 * (random() % 60);
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
  const ToolResult result = RunCommand(folder_, "train --resume --out=unbroken --steps=130 --threads=1");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(RunCommand(folder_, "readlink unbroken/checkpoints/latest").out, HasSubstr("step_00000130"));
}

}  // namespace
}  // namespace tally
