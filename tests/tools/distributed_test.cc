// Several ranks on this machine train as one process does, and end together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kTrain[] =
    "train --data=tokens.safetensors --threads=1 --device=cpu --set model.hidden_size=16 "
    "--set model.attention.heads=2 --set train.batch_size=8 --set train.log_every_steps=1 ";

// Defines `ranks N COMMAND...`: starts N processes with torchrun's variables, writes the exit code of each to codes, in
// order, and their standard error to err_R. The process of rank R is in $pids[R].
constexpr char kRanks[] =
    "start() {\n"
    "  local size=$1; shift\n"
    "  port=$((20000 + RANDOM % 12000)) pids=()\n"
    "  for ((r = 0; r < size; r++)); do\n"
    "    RANK=$r WORLD_SIZE=$size LOCAL_RANK=$r MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \"$@\" 2>err_$r & pids+=($!)\n"
    "  done\n"
    "}\n"
    "finish() { codes=(); for pid in \"${pids[@]}\"; do wait $pid; codes+=($?); done; echo \"${codes[@]}\"; }\n"
    "await() { until [ \"$(wc -l <$1/metrics.jsonl 2>/dev/null || echo 0)\" -ge $2 ]; do sleep .02; done; }\n";

std::vector<double> Losses(const std::string& metrics) {
  std::vector<double> losses;
  const std::regex loss("\"loss\":([^,]*)");
  for (std::sregex_iterator i(metrics.begin(), metrics.end(), loss), end; i != end; ++i) {
    losses.push_back(std::stod((*i)[1]));
  }
  return losses;
}

class DistributedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = NewFolder();
    ASSERT_EQ(
        RunCommand(folder_, "datagen --count=3000 --max_digits=6 --seed=1 | tokenize --out=tokens.safetensors").code,
        0);
  }

  ToolResult Run(const std::string& script) { return RunCommand(folder_, kRanks + script); }
  std::string Error(int rank) { return ReadAll(folder_ + "/err_" + std::to_string(rank)); }

  std::string folder_;
};

TEST_F(DistributedTest, TwoAndFourRanksFollowTheLossOfOne) {
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=50 --out=alone").code, 0);
  const std::vector<double> alone = Losses(ReadAll(folder_ + "/alone/metrics.jsonl"));
  ASSERT_EQ(alone.size(), 50);
  for (const std::string size : {"2", "4"}) {
    const ToolResult result = Run("start " + size + " " + kTrain + "--steps=50 --out=ranks_" + size + "; finish");
    ASSERT_THAT(result.out, MatchesRegex("0( 0)+\n")) << Error(0) << Error(1);
    const std::vector<double> losses = Losses(ReadAll(folder_ + "/ranks_" + size + "/metrics.jsonl"));
    ASSERT_EQ(losses.size(), 50);
    for (size_t i = 0; i < 50; ++i) EXPECT_NEAR(losses[i] / alone[i], 1, 1e-5) << size << " ranks, step " << i + 1;
    EXPECT_THAT(Error(0), HasSubstr(size + " ranks"));
    EXPECT_EQ(Error(1), "");
  }
}

TEST_F(DistributedTest, AStopSignalToOneRankStopsAllWhichContinueInTheSameBytes) {
  const std::string train = std::string("start 2 ") + kTrain + "--steps=200 --resume --out=";
  ASSERT_EQ(Run(train + "unbroken; finish").out, "0 0\n") << Error(0);
  EXPECT_EQ(Run(train + "stopped; await stopped 5; kill -TERM ${pids[1]}; finish").out, "75 75\n") << Error(0);
  EXPECT_EQ(Run(train + "stopped; finish").out, "0 0\n") << Error(0);
  EXPECT_THAT(Error(0), HasSubstr("continuing stopped from step"));
  EXPECT_EQ(Run("cmp unbroken/checkpoints/latest/model.safetensors stopped/checkpoints/latest/model.safetensors").code,
            0);
}

TEST_F(DistributedTest, AKilledRankEndsTheOthersWithItsName) {
  for (const int killed : {1, 0}) {
    const ToolResult result = Run(std::string("start 2 ") + kTrain + "--steps=100000 --out=killed_" +
                                  std::to_string(killed) + "; await killed_" + std::to_string(killed) +
                                  " 5; kill -KILL ${pids[" + std::to_string(killed) + "]}; finish");
    EXPECT_EQ(result.out, killed == 1 ? "74 137\n" : "137 74\n");
    EXPECT_THAT(Error(1 - killed), HasSubstr("rank " + std::to_string(killed) + " ("));
    EXPECT_THAT(Error(1 - killed), HasSubstr("has gone"));
  }
}

TEST_F(DistributedTest, ARankThatHangsEndsTheOthersWithItsName) {
  const ToolResult result = Run(std::string("start 2 ") + kTrain +
                                "--set train.distributed_timeout_seconds=4 --steps=100000 --out=hung; await hung 5; "
                                "kill -STOP ${pids[1]}; wait ${pids[0]}; echo $?; kill -KILL ${pids[1]}");
  EXPECT_EQ(result.out, "74\n");
  EXPECT_THAT(Error(0), HasSubstr("rank 1 ("));
  EXPECT_THAT(Error(0), HasSubstr("has not been heard for 3.2s"));
}

TEST_F(DistributedTest, RanksThatDifferAreRefused) {
  const ToolResult result =
      Run("mixed() { train --data=tokens.safetensors --device=cpu --out=mixed --steps=5 --seed=$RANK; }\n"
          "start 2 mixed; finish");
  EXPECT_EQ(result.out, "74 2\n");
  EXPECT_THAT(Error(1), HasSubstr("configuration: rank 1 ("));
  EXPECT_THAT(Error(1), HasSubstr("seed: 1"));
  EXPECT_THAT(Error(0), HasSubstr("configuration: rank 1 ("));
}

TEST_F(DistributedTest, Bf16LearnsAsF32Does) {
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=150 --out=f32").code, 0);
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=150 --precision=bf16 --out=bf16").code, 0);
  const std::vector<double> exact = Losses(ReadAll(folder_ + "/f32/metrics.jsonl"));
  const std::vector<double> rounded = Losses(ReadAll(folder_ + "/bf16/metrics.jsonl"));
  EXPECT_NE(rounded, exact);
  EXPECT_LT(rounded.back(), 0.8 * rounded.front());
  EXPECT_NEAR(rounded.back() / exact.back(), 1, 0.1);
}

TEST_F(DistributedTest, AutoIsChosenWhenTheRunBegins) {
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=5 --precision=auto --out=auto").code, 0);
  const std::string config = ReadAll(folder_ + "/auto/config.textproto");
  const std::string chosen = config.find("precision: BF16") != std::string::npos ? "BF16" : "F32";
  EXPECT_THAT(config, HasSubstr("precision: " + chosen));
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=5 --precision=" + chosen + " --out=named").code, 0);
  EXPECT_EQ(Losses(ReadAll(folder_ + "/auto/metrics.jsonl")), Losses(ReadAll(folder_ + "/named/metrics.jsonl")));

  // A run in the other precision keeps its own.
  const std::string other = chosen == "BF16" ? "F32" : "BF16";
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=5 --precision=" + other + " --out=other").code, 0);
  ASSERT_EQ(Run(std::string(kTrain) + "--steps=9 --precision=auto --resume --out=other").code, 0);
  EXPECT_EQ(Losses(ReadAll(folder_ + "/other/metrics.jsonl")).size(), 9);
  EXPECT_THAT(ReadAll(folder_ + "/other/config.textproto"), HasSubstr("precision: " + other));
}

TEST_F(DistributedTest, WhatThisBuildLacksIsRefused) {
  for (const std::string flags : {"--device=cuda", "--precision=fp16", "--precision=tf32"}) {
    const ToolResult result = Run(std::string(kTrain) + "--steps=1 --out=refused " + flags);
    EXPECT_EQ(result.code, 2) << flags;
    EXPECT_THAT(result.err, HasSubstr("expected")) << flags;
  }
}

}  // namespace
}  // namespace tally
