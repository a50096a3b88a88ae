// An evaluation in shards, stopped, killed and continued, ends in the same bytes as one that ran at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kEval[] =
    "env eval --model=run --rows=1..8 --cols=1..8 --samples=12 --recurrences=1..2 --threads=1 --batch_tokens=100 "
    "--log_samples=";

class EvaluationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = NewFolder();
    Succeed(
        "datagen --count=500 --max_digits=4 --seed=1 | tokenize --out=t && "
        "train --data=t --out=run --steps=3 --threads=1 --set model.hidden_size=16 --set model.attention.heads=2 "
        "--set train.batch_size=8");
  }

  std::string Succeed(const std::string& command) {
    const ToolResult result = RunCommand(folder_, command);
    EXPECT_EQ(result.code, 0) << command << "\n" << result.err;
    return result.out;
  }

  std::string folder_;
};

// Starts `command`, which writes killed.jsonl, and kills it a random moment after `cells` cells are done.
std::string KilledAfter(const std::string& command, int cells, double seconds) {
  return command + " & pid=$!\n" + "until [ \"$(grep -c ^done killed.jsonl.partial 2>/dev/null)\" -ge " +
         std::to_string(cells) + " ] || ! kill -0 $pid; do sleep .002; done\n" + "sleep " + std::to_string(seconds) +
         "; kill -KILL $pid; wait $pid";
}

TEST_F(EvaluationTest, KilledAtRandomMomentsAndContinued) {
  Succeed(std::string(kEval) + "whole.log --out=whole.jsonl");
  const std::string command = std::string(kEval) + "killed.log --out=killed.jsonl";
  std::mt19937 random(20261125);
  int killed = 0, continued = 0;
  for (int cells = 1; cells < 40; cells += 6) {
    const double seconds = std::uniform_real_distribution<double>(0, 0.02)(random);
    const ToolResult result = RunCommand(folder_, KilledAfter(command, cells, seconds));
    if (result.err.find("keeping ") != std::string::npos) ++continued;
    if (result.code == 0) break;
    ASSERT_EQ(result.code, 137) << "until " << cells << " cells\n" << result.err;
    ++killed;
    // Killed after its last step, it has left a whole file.
    Succeed("test ! -e killed.jsonl || cmp whole.jsonl killed.jsonl");
  }
  EXPECT_GE(killed, 2);
  EXPECT_GE(continued, 1);
  Succeed(command);
  Succeed("cmp whole.jsonl killed.jsonl && cmp whole.log killed.log");
  EXPECT_THAT(Succeed("ls"), ::testing::Not(HasSubstr("partial")));
}

TEST_F(EvaluationTest, StoppedBySigtermAndContinued) {
  const std::string command = std::string(kEval) + "stopped.log --out=stopped.jsonl";
  const ToolResult stopped = RunCommand(
      folder_, command +
                   " & pid=$!\n"
                   "until [ \"$(grep -c ^done stopped.jsonl.partial 2>/dev/null)\" -ge 2 ]; do sleep .01; done\n"
                   "kill -TERM $pid; wait $pid");
  ASSERT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("of 64 cells, saved; the same command continues"));
  const ToolResult other = RunCommand(folder_, command + " --seed=3");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("stopped.jsonl.partial has cells of another evaluation: seed: found 3, expected 0"));
  EXPECT_THAT(RunCommand(folder_, command).err, HasSubstr("keeping "));
  Succeed(std::string(kEval) + "whole.log >whole.jsonl; cmp whole.jsonl stopped.jsonl; cmp whole.log stopped.log");
}

TEST_F(EvaluationTest, ShardsOfAJobArrayMerge) {
  const std::string command = "env eval --model=run --grid=up_to_40 --samples=1 --threads=1 --interval=.3 ";
  Succeed(command + ">whole.jsonl");
  Succeed(
      "export SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_STEP=1\n"
      "for i in 1 2 3 4; do SLURM_ARRAY_TASK_ID=$i " +
      command +
      "--shard=auto --out=$i.jsonl; done\nenv eval merge [1-4].jsonl --out=merged.jsonl; cmp whole.jsonl merged.jsonl");
  const ToolResult gap = RunCommand(folder_, "env eval merge 1.jsonl 2.jsonl 4.jsonl");
  EXPECT_EQ(gap.code, 65);
  EXPECT_EQ(gap.out, "");
  EXPECT_THAT(gap.err, HasSubstr("of 700 cells missing (the file of a shard?): "));
  EXPECT_THAT(Succeed("env eval summary merged.jsonl"), HasSubstr("out of distribution in both operands: "));
}

TEST_F(EvaluationTest, SortingOverDigitsAndLengths) {
  Succeed(
      "datagen --task=sorting --count=200 --max_digits=3 --max_digits_second=3 | tokenize --task=sorting --out=s && "
      "train --data=s --out=sorter --steps=2 --threads=1 --set model.hidden_size=16 --set model.attention.heads=2 "
      "--set train.batch_size=8");
  const std::string command = "sort_eval --model=sorter --digits=1..4 --lengths=2,40 --samples=2 --threads=1 ";
  EXPECT_THAT(Succeed(command + "| tee whole.jsonl"), HasSubstr("\"first_digits\":4,\"second_digits\":40"));
  Succeed("for i in 0 1; do " + command + "--shard=$i/2 --log_samples=$i.log --out=$i.jsonl; done\n" +
          "sort_eval merge 1.jsonl 0.jsonl | cmp whole.jsonl");
  EXPECT_THAT(Succeed("cat 0.log 1.log"), HasSubstr("\"expected\":"));
  EXPECT_THAT(Succeed("sort_eval summary whole.jsonl"), HasSubstr("first element "));
}

// A test set as files, packed, and in folders whose names have the lengths: the same cells, and pictures of them.
TEST_F(EvaluationTest, TestSetsOnDiskAreGrids) {
  Succeed(
      "for n in 1 2 3; do for m in 1 2; do mkdir -p set/+_n_${n}_m_$m; datagen --exact --max_digits=$n "
      "--max_digits_second=$m --count=5 --seed=7 | sed 's/[+=]/ & /g' > set/+_n_${n}_m_$m/lines.txt; done; done; "
      "cat set/*/lines.txt | shuf --random-source=run/config.textproto | gzip > set.gz");
  const std::string eval = "env eval --model=run --threads=1 ";
  Succeed(eval + "--problems=set --out=by_lengths.jsonl --log_answers=answers.jsonl --answers_a_cell=2");
  Succeed(eval + "--problems=set --cells_by=folder --out=by_folder.jsonl");
  Succeed(eval + "--problems=set.gz --out=packed.jsonl");
  EXPECT_EQ(Succeed("sed s/cells_by=folder/cells_by=lengths/ by_folder.jsonl"), Succeed("cat by_lengths.jsonl"));
  Succeed("for i in 0 1 2; do " + eval + "--problems=set --shard=$i/3 --out=$i.jsonl; done; " +
          "env eval merge 2.jsonl 0.jsonl 1.jsonl | cmp by_lengths.jsonl");
  EXPECT_EQ(Succeed("grep -c '.samples.:5,' packed.jsonl; wc -l < answers.jsonl"), "6\n12\n");
  EXPECT_THAT(Succeed("plot by_lengths.jsonl"), HasSubstr("columns: digits of the second operand"));
  EXPECT_THAT(Succeed("env eval summary by_lengths.jsonl"), HasSubstr("set, in distribution"));
  EXPECT_THAT(Succeed("env eval export by_folder.jsonl --out=m.csv && head -1 m.csv"), HasSubstr("first_digits,1,2\n"));
  Succeed("env eval export by_folder.jsonl --out=theirs/ && test $(ls theirs | wc -l) = 6");
  EXPECT_THAT(Succeed("plot lengths theirs=theirs ours=by_lengths.jsonl --task=addition"), HasSubstr("theirs"));
}

}  // namespace
}  // namespace tally
