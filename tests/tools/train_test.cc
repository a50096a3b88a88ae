// What the tool train does beyond learning: which checkpoints stay, when it stops, how much memory it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTrain[] =
    "train --data=t.safetensors --threads=1 --set model.hidden_size=16 --set model.attention.heads=2 "
    "--set train.batch_size=8 --set train.log_every_steps=10 ";

#ifndef TALLY_STEPS
#define TALLY_STEPS 800
#endif

class TrainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = NewFolder();
    Run("datagen --count=3000 --max_digits=6 --seed=1 | tokenize --out=t.safetensors; "
        "datagen --count=100 --max_digits=6 --seed=2 | tokenize --out=v.safetensors");
  }

  ToolResult Run(const std::string& command, int code = 0) {
    const ToolResult result = RunCommand(folder_, command);
    EXPECT_EQ(result.code, code) << command << "\n" << result.err;
    return result;
  }

  // The number of `key` in line `line` (as sed counts, `$` the last) of the run's metrics.
  double Metric(const std::string& run, const std::string& line, const std::string& key) {
    const std::string out = Run("sed -n '" + line + "p' " + run + "/metrics.jsonl").out;
    const size_t at = out.find("\"" + key + "\":");
    EXPECT_NE(at, std::string::npos) << key << " in " << out;
    return at == std::string::npos ? 0 : std::atof(out.c_str() + at + key.size() + 3);
  }

  std::string folder_;
};

TEST_F(TrainTest, TheBestTheNewestAndMultiplesStay) {
  Run(std::string(kTrain) +
      "--out=run --steps=110 --keep_last=1 --keep_every=40 --set train.save_every_steps=10 "
      "--set train.validation_data=v.safetensors --set train.eval_every_steps=50");
  const std::string best = Run("readlink run/checkpoints/best").out;
  EXPECT_EQ(Run("ls run/checkpoints").out, "best\nlatest\nstep_00000040\n" + (best == "step_00000050\n" ? best : "") +
                                               "step_00000080\n" + (best == "step_00000100\n" ? best : "") +
                                               "step_00000110\n");
  // Lines 5, 10 and 11 were evaluated: every 50 steps, and at the end.
  double least = 1e9;
  std::string expected;
  for (const auto& [line, step] : {std::pair("5", "50"), {"10", "100"}, {"11", "110"}}) {
    EXPECT_EQ(Metric("run", line, "validation_exact"), 0);  // too early for whole answers: the loss decides
    const double loss = Metric("run", line, "validation_loss");
    if (loss < least) expected = step;
    least = std::min(least, loss);
  }
  EXPECT_THAT(best, HasSubstr(expected));
  EXPECT_THAT(Run("sed -n 4p run/metrics.jsonl").out, Not(HasSubstr("validation")));
  // What eval says of that checkpoint is what was logged.
  Run("env eval --model=run/checkpoints/best --rows=1 --cols=1 --samples=2 --threads=1");
}

// One problem, learned by heart.
TEST_F(TrainTest, ValidationsMayEndARun) {
  const std::string flags =
      "train --data=one.safetensors --out=run --resume --threads=1 --set model.hidden_size=16 "
      "--set model.attention.heads=2 --set train.batch_size=1 --set train.log_every_steps=20 "
      "--set train.validation_data=one.safetensors --set train.eval_every_steps=20 --set train.stop_evaluations=2 ";
  Run("datagen --count=1 --exact --max_digits=1 --seed=1 | tokenize --out=one.safetensors");
  EXPECT_THAT(Run(flags + "--steps=3000 --set train.stop_at_exact=.5").err,
              HasSubstr("the last 2 validations reached train.stop_at_exact, 0.5: nothing is left to do"));
  const double reached_half = Metric("run", "$", "step");
  EXPECT_THAT(Run(flags + "--steps=3000 --set train.stop_at_exact=1").err,
              HasSubstr("the last 2 validations reached train.stop_at_exact, 1: nothing is left to do"));
  EXPECT_EQ(Metric("run", "$", "step"), reached_half + 40);  // a larger share has validations of its own
  const int end = static_cast<int>(Metric("run", "$", "step"));
  EXPECT_LT(end, 3000);
  EXPECT_EQ(Metric("run", "$", "validation_exact"), 1);
  EXPECT_THAT(Run("readlink run/checkpoints/latest").out, HasSubstr(std::to_string(end)));
  // A run that has ended stays as it is; asked for more it goes on.
  EXPECT_THAT(Run(flags + "--steps=3000 --set train.stop_at_exact=1").err, HasSubstr("nothing is left to do"));
  EXPECT_EQ(Metric("run", "$", "step"), end);
  Run(flags + "--set train.stop_at_exact=0 --steps=" + std::to_string(end + 20));
  EXPECT_EQ(Metric("run", "$", "step"), end + 20);
  EXPECT_EQ(Run(flags + "--steps=3000 --set train.stop_at_exact=1 --set train.eval_every_steps=0", 2).err,
            "train: train.stop_at_exact needs validations; expected train.eval_every_steps above 0\n");
}

// Tuning: step 0 is the source's model, the run tells where its weights came from, and continues without the source.
TEST_F(TrainTest, ARunMayBeginWithTheWeightsOfAnother) {
  Run("datagen --task=bitwise_xor --count=800 --max_digits=6 --seed=1 | tokenize --task=bitwise_xor "
      "--out=x.safetensors");
  Run(std::string(kTrain) + "--out=first --steps=60");
  const std::string tune =
      "train --data=x.safetensors --threads=1 --init_from=first --set train.batch_size=8 --set "
      "model.hidden_size=16 --set model.attention.heads=2 --out=second --resume ";
  const ToolResult result = Run(tune + "--steps=10");
  EXPECT_THAT(result.err, HasSubstr("/first/checkpoints/step_00000060/model.safetensors at step 60"));
  EXPECT_THAT(result.err, HasSubstr("2 by token, new: none; left out: none"));
  EXPECT_THAT(Run("cat second/initial_weights.txt").out, HasSubstr("by token embedding.words, 19 of "));
  EXPECT_THAT(Run("cat second/config.textproto").out, HasSubstr("init_from: \"first\""));
  Run("rm -r first");
  EXPECT_THAT(Run(tune + "--steps=20").err, Not(HasSubstr("begins with")));
  EXPECT_THAT(Run(tune + "--out=third --steps=20", 66).err, HasSubstr("first"));
}

TEST_F(TrainTest, ALossThatIsNoNumberEndsTheRunAndSavesNothing) {
  Run(std::string(kTrain) +
          "--out=run --steps=10 --set train.save_every_steps=5 --set train.optimizer.learning_rate=1e15",
      1);
  const ToolResult result = Run(std::string(kTrain) + "--out=run --resume", 1);
  EXPECT_THAT(result.err, HasSubstr("training has diverged: "));
  EXPECT_THAT(result.err, HasSubstr("learning rate "));
  EXPECT_THAT(result.err, HasSubstr("problems 8 to 15 of the run: examples "));
  EXPECT_EQ(RunCommand(folder_, "ls run/checkpoints").out, "");
}

TEST_F(TrainTest, UpdatesThatAreNoNumbersAreLeftOutAsOftenAsAsked) {
  const ToolResult result =
      Run(std::string(kTrain) +
              "--out=run --steps=10 --set train.optimizer.learning_rate=1e15 --set train.skip_nonfinite=3",
          1);
  size_t skipped = 0;
  for (size_t at = 0; (at = result.err.find("; left out\n", at)) != std::string::npos; ++at) ++skipped;
  EXPECT_EQ(skipped, 3u) << result.err;
  EXPECT_THAT(result.err, HasSubstr("training has diverged: "));
}

TEST_F(TrainTest, AMemoryCeilingMakesMicrobatchesSmaller) {
  const std::string train =
      std::string(kTrain) + "--steps=2 --set train.log_every_steps=1 --set train.batch_size=1500 ";
  Run(train + "--out=free");
  const double free = Metric("free", "$", "resident_mb");
  Run(train + "--out=small --set train.batch_size=8");
  const double small = Metric("small", "$", "resident_mb");
  ASSERT_GT(free, small + 50);
  const std::string ceiling = std::to_string(static_cast<int>((free + small) / 2));
  const ToolResult result = Run(train + "--out=tight --set train.max_memory_mb=" + ceiling);
  EXPECT_THAT(result.err, HasSubstr("batches of 1500 problems are computed "));
  EXPECT_LE(Metric("tight", "$", "resident_mb"), std::stod(ceiling));
  EXPECT_THAT(ReadAll(folder_ + "/tight/config.textproto"), Not(HasSubstr("microbatch_size: 0")));
  // The same line continues, although it asks for larger microbatches than memory had room for.
  Run(train + "--out=tight --resume --set train.microbatch_size=1500 --set train.max_memory_mb=" + ceiling);
  // The same losses, up to rounding.
  EXPECT_NEAR(Metric("tight", "$", "loss"), Metric("free", "$", "loss"), 1e-4);
  const ToolResult refused = Run(train + "--out=none --set train.max_memory_mb=20", 2);
  EXPECT_THAT(refused.err, HasSubstr("train.max_memory_mb is 20; expected at least "));
}

TEST_F(TrainTest, ARunKeepsWhatWasOverridden) {
  const std::string train = std::string(kTrain) + "--out=run ";
  Run("echo 'train { pool_batches: 4 batch_size: 3 }' >a.textproto; echo 'train { pool_batches: 5 }' >b.textproto");
  Run(train + "--config=a.textproto --config=b.textproto --steps=1");
  const std::string started = ReadAll(folder_ + "/run/overrides.txt");
  for (const char* line : {"started\n", "train.pool_batches: 4 -> 5 (b.textproto)", "train.batch_size: 3 -> 8 (--set)",
                           "train.steps: 0 -> 1 (flags)"}) {
    EXPECT_THAT(started, HasSubstr(line));
  }
  Run("train --out=run --resume --steps=2");
  EXPECT_EQ(ReadAll(folder_ + "/run/overrides.txt"),
            started + "continued after step 1\n  train.steps: 1 -> 2 (flags)\n");
}

// Edits of a run's configuration and of a checkpoint's, undone and accepted.
TEST_F(TrainTest, EditedRunsContinueWhereThatIsAccepted) {
  Run(std::string(kTrain) + "--out=run --steps=1");
  Run("sed -i 's/log_every_steps: 10/log_every_steps: 5/' run/config.textproto");
  EXPECT_THAT(Run("train --out=run --resume --steps=2", 65).err, HasSubstr("--accept_edits takes the file as it is"));
  Run("train --out=run --resume --steps=2 --accept_edits");
  EXPECT_THAT(ReadAll(folder_ + "/run/config.textproto"), HasSubstr("log_every_steps: 5"));
  Run("train --out=run --resume --steps=3");
  Run("echo >>run/checkpoints/latest/tokenizer.json");
  EXPECT_THAT(Run("train --out=run --resume --steps=4", 65).err, HasSubstr("tokenizer.json: found xxh3"));
  Run("train --out=run --resume --steps=4 --accept_edits");
  Run("train --out=run --resume --steps=5");
}

// Resident memory after 100 steps and at the end, checkpoints in between.
TEST_F(TrainTest, MemoryIsSteady) {
  Run(std::string(kTrain) + "--out=run --set train.log_every_steps=100 --set train.save_every_steps=250 --steps=" +
      std::to_string(TALLY_STEPS));
  const double early = Metric("run", "1", "resident_mb");
  EXPECT_NEAR(Metric("run", "$", "resident_mb"), early, 0.02 * early);
}

}  // namespace
}  // namespace tally
