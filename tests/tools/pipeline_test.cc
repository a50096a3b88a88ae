// The tools together: pipes, shards, a small experiment from data to picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Fails the test with what the command said unless it ends with 0; returns its standard output.
std::string Succeed(const std::string& folder, const std::string& command) {
  const ToolResult result = RunCommand(folder, command);
  EXPECT_EQ(result.code, 0) << command << "\n" << result.err;
  return result.out;
}

TEST(PipelineTest, PipeEqualsFiles) {
  const std::string folder = NewFolder();
  Succeed(folder, "datagen --count=20000 --max_digits=20 --seed=4 | tokenize --out=piped.safetensors");
  Succeed(folder, "datagen --count=20000 --max_digits=20 --seed=4 --out=problems.txt");
  Succeed(folder, "tokenize --in=problems.txt --out=filed.safetensors");
  Succeed(folder, "cmp piped.safetensors filed.safetensors");
}

TEST(PipelineTest, ShardsConcatenateToTheWhole) {
  const std::string folder = NewFolder();
  Succeed(folder, "datagen --count=10007 --seed=4 >whole");
  for (const int count : {4, 7}) {
    const std::string n = std::to_string(count);
    Succeed(folder, "for i in $(seq 0 $((" + n + " - 1))); do datagen --count=10007 --seed=4 --shard=$i/" + n +
                        "; done >parts; cmp whole parts");
  }
  Succeed(folder,
          "export SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=5 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_STEP=1\n"
          "for i in 3 4 5; do SLURM_ARRAY_TASK_ID=$i datagen --count=10007 --seed=4 --shard=auto; done >parts\n"
          "cmp whole parts");
}

TEST(PipelineTest, FromDataToPictureAndAnswer) {
  const std::string folder = NewFolder();
  Succeed(folder, "datagen --count=2000 --max_digits=3 --seed=1 | tokenize --out=tokens.safetensors");
  Succeed(folder,
          "train --data=tokens.safetensors --out=run --steps=12 --threads=1 --set model.hidden_size=16 "
          "--set model.attention.heads=2 --set train.batch_size=8 --set train.log_every_steps=3");
  EXPECT_THAT(Succeed(folder, "wc -l <run/metrics.jsonl"), HasSubstr("4"));
  Succeed(folder, "env eval --model=run --rows=1..4 --cols=1..3 --samples=5 --threads=1 >cells.jsonl");
  Succeed(folder,
          "for i in 0 1 2; do env eval --model=run --rows=1..4 --cols=1..3 --samples=5 --threads=1 --shard=$i/3 "
          "--out=$i.jsonl; done; env eval merge 2.jsonl 0.jsonl 1.jsonl >merged.jsonl; cmp cells.jsonl merged.jsonl");
  EXPECT_THAT(Succeed(folder, "plot cells.jsonl"), HasSubstr("* trained on: at most 3 and 3 digits"));
  Succeed(folder, "plot cells.jsonl --out=grid.png && plot cells.jsonl --out=grid.svg");
  EXPECT_THAT(ReadAll(folder + "/grid.png"), StartsWith("\x89PNG"));
  EXPECT_THAT(Succeed(folder, "echo 12+3= | predict --model=run --threads=1"), StartsWith("12+3="));
}

// Every task and layout goes the whole way: data, training, evaluation.
TEST(PipelineTest, EveryTaskGoesTheWholeWay) {
  const std::string folder = NewFolder();
  const std::vector<std::pair<std::string, std::string>> tasks = {
      // flags of datagen that tokenize takes too; others
      {"--task=subtraction --reverse=none", "--max_digits=3"},
      {"--task=multiplication", "--max_digits=3"},
      {"--task=bitwise_or", "--max_digits=9"},
      {"--task=sorting", "--max_digits=3 --max_digits_second=3"},
      {"--task=sorting --index_hints", "--max_digits=3 --max_digits_second=3"},
      {"--index_hints", "--max_digits=3"},
      {"--interleave", "--max_digits=3"},
      {"--prepend_zeros=1", "--max_digits=3"},
      {"--task=multiplication --scratchpad", "--max_digits=3"},
      {"--task=parity --scratchpad", "--max_digits=9"},
      {"--task=copy", "--max_digits=9 --adversarial=.2"},
      {"--task=modular_addition --modulus=97", "--max_digits=6"},
      {"--task=bitwise_xor", "--max_digits=9"},
      {"--task=comparison", "--max_digits=9 --common_digits=.3"},
      {"--task=division", "--max_digits=9"},
      {"--scratchpad", "--max_digits=3 --max_operands=4 --length_distribution=uniform"},
      {"", "--max_digits=3 --max_operands=4 --length_distribution=uniform"},
  };
  for (const auto& [lines, others] : tasks) {
    Succeed(folder,
            "datagen --count=200 " + lines + " " + others + " --out=p.txt && datagen check " + lines + " p.txt");
    Succeed(folder, "tokenize --in=p.txt --out=t " + lines);
    Succeed(folder,
            "rm -rf run; train --data=t --out=run --steps=2 --threads=1 --set model.hidden_size=16 "
            "--set model.attention.heads=2 --set train.batch_size=8");
    EXPECT_THAT(Succeed(folder, "env eval --model=run --rows=1,3 --cols=1..3 --samples=5 --threads=1"),
                HasSubstr("\"first_digits\":3,\"second_digits\":3"));
    Succeed(folder, "env eval --model=run --problems=p.txt --threads=1 >cells.jsonl");
    // One prompt of the data set.
    EXPECT_THAT(Succeed(folder, "head -1 p.txt | sed 's/=.*/=/' | predict --model=run --threads=1"), HasSubstr("="));
  }
}

TEST(PipelineTest, SplitsShufflesAndReports) {
  const std::string folder = NewFolder();
  Succeed(folder, "datagen --count=3000 --max_digits=3 --split=train >train.txt");
  Succeed(folder, "datagen --count=300 --max_digits=3 --split=test --seed=9 >test.txt");
  EXPECT_THAT(Succeed(folder, "datagen check train.txt test.txt"), HasSubstr("3300 lines in 2 files: 0 wrong"));
  EXPECT_EQ(RunCommand(folder, "datagen check train.txt train.txt").code, 1);
  Succeed(folder, "tokenize --in=train.txt --shuffle --seed=1 --test_fraction=.1 --test_out=b --out=a");
  EXPECT_THAT(Succeed(folder, "tokenize --inspect=b"), HasSubstr("rows             300\n"));
  // Nothing is lost, and nothing comes twice.
  Succeed(folder,
          "(tokenize --export=a; tokenize --export=b) | sed 's/{\"context\":\"//; s/\",\"completion\":\"//; s/\"}//' | "
          "sort >exported && sort train.txt | cmp - exported");
  Succeed(folder, "tokenize --describe=a | plot histograms --out=data.png");
  EXPECT_THAT(ReadAll(folder + "/data.png"), StartsWith("\x89PNG"));
}

TEST(PipelineTest, ReaderThatLeavesIsNoError) {
  EXPECT_THAT(Succeed(NewFolder(), "datagen --count=1000000 | head -1; echo ${PIPESTATUS[*]}"), HasSubstr("\n0 0\n"));
}

TEST(PipelineTest, FullDeviceIsAnError) {
  EXPECT_EQ(RunCommand(NewFolder(), "datagen --count=1000000 >/dev/full").code, 74);
}

TEST(PipelineTest, LightToolsDoNotLoadLibTorch) {
  for (const std::string tool : {"datagen", "tokenize", "plot"}) {
    const std::string libraries = Succeed(NewFolder(), "ldd $(command -v " + tool + ")");
    EXPECT_THAT(libraries, HasSubstr("libc.so"));
    EXPECT_THAT(libraries, ::testing::Not(HasSubstr("libtorch")));
    EXPECT_THAT(libraries, ::testing::Not(HasSubstr("libc10")));
  }
}

class EveryTool : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryTool, HelpAndVersionGoToStandardOutput) {
  const ToolResult help = RunCommand(NewFolder(), "env " + GetParam() + " --help");
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  // A word of the shell alone is not the tool.
  EXPECT_THAT(help.out, HasSubstr("Usage: " + std::string(GetParam() == "eval" ? "tally " : "") + GetParam()));
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  const ToolResult version = RunCommand(NewFolder(), "env " + GetParam() + " --version");
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, StartsWith(GetParam() + " 0."));
}

TEST_P(EveryTool, UnknownFlagNamesTheNearest) {
  const ToolResult result = RunCommand(NewFolder(), "env " + GetParam() + " --versoin");
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("--version?"));
}

INSTANTIATE_TEST_SUITE_P(Tools, EveryTool,
                         ::testing::Values("datagen", "tokenize", "train", "eval", "sort_eval", "predict", "plot"));

}  // namespace
}  // namespace tally
