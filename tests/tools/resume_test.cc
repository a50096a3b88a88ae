// A training run that is stopped or killed, and continued, ends in the same bytes as one that never stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <random>
#include <string>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Two ways to train: in one pass a step, and with microbatches, evaluation and links to the best.
constexpr char kPlain[] =
    "train --data=tokens.safetensors --resume --steps=150 --threads=1 --set model.hidden_size=16 "
    "--set model.attention.heads=2 --set train.batch_size=8 --set train.log_every_steps=1 "
    "--set train.save_every_steps=7 ";
constexpr char kRich[] =
    "--set train.microbatch_size=3 --set train.validation_data=held_out.safetensors --set train.eval_every_steps=10 "
    "--keep_every=20 --set train.ema_decay=0.9 --set train.optimizer.kind=SOPHIA ";

// Of both variants together.
#ifndef TALLY_KILLS
#define TALLY_KILLS 50
#endif

class ResumeTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    folder_ = NewFolder();
    train_ = std::string(kPlain) + (GetParam() == "plain" ? "" : kRich) + "--out=";
    ASSERT_EQ(RunCommand(folder_,
                         "datagen --count=3000 --max_digits=6 --seed=1 | tokenize --out=tokens.safetensors && "
                         "datagen --count=50 --max_digits=6 --seed=2 | tokenize --out=held_out.safetensors")
                  .code,
              0);
    const auto start = std::chrono::steady_clock::now();
    const ToolResult unbroken = RunCommand(folder_, train_ + "unbroken");
    unbroken_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ASSERT_EQ(unbroken.code, 0) << unbroken.err;
  }

  // The run ended as the unbroken one, byte for byte, and nothing of what was broken off is left.
  void ExpectSameEnd(const std::string& run) {
    const ToolResult same = RunCommand(
        folder_,
        "for f in model.safetensors config.json tokenizer.json; do cmp {unbroken," + run +
            "}/checkpoints/latest/$f || exit; done; readlink " + run + "/checkpoints/latest; wc -l <" + run +
            "/metrics.jsonl; diff <(ls -A unbroken/checkpoints) <(ls -A " + run + "/checkpoints) || exit; ls -A " +
            run + " | grep tmp; diff <(readlink unbroken/checkpoints/best) <(readlink " + run + "/checkpoints/best)");
    EXPECT_EQ(same.code, 0) << same.out << same.err;
    // Every step was logged once.
    EXPECT_EQ(same.out, "step_00000150\n150\n");
  }

  // Runs `train` with `flags`, sends the signals of `kills` when `steps` are logged, and returns how it ended.
  ToolResult Stop(const std::string& run, int steps, const std::string& kills, const std::string& flags = "") {
    return RunCommand(folder_, train_ + run + flags + " & pid=$!\nuntil [ \"$(wc -l <" + run +
                                   "/metrics.jsonl 2>/dev/null || echo 0)\" -ge " + std::to_string(steps) +
                                   " ]; do sleep .01; done\n" + kills + "; wait $pid");
  }

  std::string folder_, train_;
  double unbroken_seconds_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Variants, ResumeTest, ::testing::Values("plain", "rich"),
                         [](const auto& info) { return info.param; });

TEST_P(ResumeTest, StoppedBySignalsAndContinued) {
  int steps = 10;
  for (const std::string signal : {"TERM", "USR1", "INT"}) {
    const ToolResult stopped = Stop("stopped", steps, "kill -" + signal + " $pid");
    ASSERT_EQ(stopped.code, 75) << signal << "\n" << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("saved; --resume continues"));
    steps += 15;
  }
  const ToolResult resumed = RunCommand(folder_, train_ + "stopped");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("continuing stopped from step"));
  ExpectSameEnd("stopped");
}

// Moments are drawn as fractions of the time that the unbroken run took, so that fast machines see kills as well.
// A run that comes to its end is compared, and the next one begins.
TEST_P(ResumeTest, KilledAtRandomMomentsAndContinued) {
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  int killed = 0, runs = 0, attempts = 0;
  bool done = true;
  std::string run;
  while (killed < TALLY_KILLS / 2 || !done) {
    if (done) run = "killed" + std::to_string(runs++);
    ASSERT_LT(++attempts, 10 * TALLY_KILLS);
    const double share = std::uniform_real_distribution<double>(0.1, 0.9)(random);
    const bool enough = killed >= TALLY_KILLS / 2;
    // The code is train's own, even when it ends as the signal is sent (`timeout` would say 124 then), and comes when
    // train has ended: else that may still hold the run's lock.
    const std::string kill = " & sleep " + std::to_string(unbroken_seconds_ * share) + "; kill -KILL $!; wait $!";
    const ToolResult result = RunCommand(folder_, train_ + run + (enough ? "" : kill));
    done = result.code == 0;
    if (done) ExpectSameEnd(run);
    if (done) continue;
    ASSERT_EQ(result.code, 137) << "seed " << seed << ", attempt " << attempts << "\n" << result.err;
    ++killed;
    // Every checkpoint that is said to be whole opens.
    const ToolResult opened = RunCommand(
        folder_, "for d in " + run +
                     "/checkpoints/step_*; do [ ! -e $d/DONE ] || "
                     "[ $(ls $d/{model,trainer}.safetensors $d/{config,model_config,tokenizer}.json | wc -l) = 5 ] || "
                     "exit; done");
    EXPECT_EQ(opened.code, 0) << opened.err;
    if (killed % 5 != 0) continue;
    const ToolResult answer = RunCommand(folder_, "echo 1+1= | predict --model=" + run + " --threads=1");
    EXPECT_TRUE(answer.code == 0 || answer.code == 66) << answer.err;
  }
  std::cout << killed << " kills, " << runs << " runs\n";
}

class StopTest : public ResumeTest {};
INSTANTIATE_TEST_SUITE_P(Plain, StopTest, ::testing::Values("plain"));

// A long step: the first signal waits for its end, one that comes more than a second later does not.
TEST_P(StopTest, ASecondSignalEndsItAtOnce) {
  const ToolResult result =
      RunCommand(folder_,
                 "train --data=tokens.safetensors --out=slow --steps=2 --threads=1 --set train.batch_size=3000 "
                 "--set train.microbatch_size=100 --set model.recurrences=60 2>log & pid=$!\n"
                 "until grep -q parameters log; do sleep .01; done\n"
                 "sleep .2; kill -TERM $pid; sleep 1.2; kill -0 $pid && echo waits; kill -TERM $pid; wait $pid");
  EXPECT_EQ(result.code, 143) << result.err;
  EXPECT_EQ(result.out, "waits\n");
  EXPECT_EQ(RunCommand(folder_, "ls slow/checkpoints").code, 2);
}

TEST_P(StopTest, AnotherConfigurationIsRefused) {
  const ToolResult result =
      RunCommand(folder_, "train --resume --out=unbroken --data=tokens.safetensors --set model.hidden_size=32");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("model.hidden_size: 16 -> 32"));
}

TEST_P(StopTest, AFinishedRunCanBeExtended) {
  ToolResult result = RunCommand(folder_, "train --resume --out=unbroken --threads=1");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("a larger one (--steps, --minutes) extends the run"));
  result = RunCommand(folder_, "train --resume --out=unbroken --steps=160 --threads=1");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(RunCommand(folder_, "readlink unbroken/checkpoints/latest").out, HasSubstr("step_00000160"));
  // From here on by the clock: 150 steps took more than a hundredth of a second.
  result = RunCommand(folder_, "train --resume --out=unbroken --minutes=0.0001 --threads=1");
  EXPECT_THAT(result.err, HasSubstr("the budget is used up"));
  const std::string seconds = "$(tail -1 unbroken/metrics.jsonl | sed 's/.*\"seconds\":\\([0-9.]*\\),.*/\\1/')";
  result = RunCommand(folder_, "train --resume --out=unbroken --threads=1 --minutes=$(awk \"BEGIN { print (" + seconds +
                                   " + 1) / 60 }\")");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(RunCommand(folder_, "readlink unbroken/checkpoints/latest").out, Not(HasSubstr("step_00000160")));
}

}  // namespace
}  // namespace tally
