// One model learns several tasks: the pipeline from problems to cells and pictures, and what is refused on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A model that trains in a moment.
constexpr char kTrain[] =
    "train --threads=1 --seed=1 --set model.hidden_size=16 --set model.attention.heads=2 --set train.batch_size=8 ";
constexpr char kEval[] = "env eval --rows=1..3 --cols=1..2 --samples=4 --threads=1 ";

class MixtureTest : public ::testing::Test {
 protected:
  void SetUp() override { folder_ = NewFolder(); }

  std::string Succeed(const std::string& command) {
    const ToolResult result = RunCommand(folder_, command);
    EXPECT_EQ(result.code, 0) << command << "\n" << result.err;
    log_ = result.err;
    return result.out;
  }

  // The message with which `command` ends.
  std::string Fail(const std::string& command, int code) {
    const ToolResult result = RunCommand(folder_, command);
    EXPECT_EQ(result.code, code) << command << "\n" << result.err;
    return result.err;
  }

  // `name`.txt and `name`.st, a data set of the task `name`.
  void MakeData(const std::string& name, const std::string& flags = "") {
    Succeed("datagen --task=" + name + " --count=300 --max_digits=3 --seed=1 > " + name +
            ".txt && tokenize --task=" + name + " --in=" + name + ".txt " + flags + " --out=" + name + ".st");
  }

  std::string folder_;
  std::string log_;  // of the last command
};

// A run of two tasks.
class TwoTasksTest : public MixtureTest {
 protected:
  void SetUp() override {
    MixtureTest::SetUp();
    MakeData("addition");
    MakeData("subtraction");
    Succeed("cat addition.txt subtraction.txt | tokenize --task=addition,subtraction --shuffle --out=both.st");
    Succeed(Train("run") +
            "--steps=6 --set train.validation_data=both.st --set train.eval_every_steps=3 --set "
            "train.save_every_steps=3");
  }

  static std::string Train(const std::string& run) {
    return std::string(kTrain) + "--data=addition.st:2 --data=subtraction.st --out=" + run + " ";
  }

  const std::string eval_ = std::string(kEval) + "--model=run ";
};

TEST_F(TwoTasksTest, ValidationSaysHowEachTaskGoes) {
  EXPECT_THAT(log_, AllOf(HasSubstr("addition, subtraction: 300 problems"), HasSubstr("validation exact "),
                          HasSubstr(" % (addition "), HasSubstr(", subtraction ")));
  EXPECT_THAT(Succeed("cat run/metrics.jsonl"),
              AllOf(HasSubstr("\"validation_exact/addition\":"), HasSubstr("\"validation_exact/subtraction\":")));
  EXPECT_THAT(Succeed("cat run/checkpoints/best/config.json"), HasSubstr("\"tasks\": ["));
}

TEST_F(TwoTasksTest, AContinuedRunEndsInTheBytesOfAnUnbrokenOne) {
  Succeed(Train("whole") + "--steps=6");
  Succeed(Train("again") +
          "--steps=6 --set train.save_every_steps=3 & pid=$!\n"
          "until [ -e again/checkpoints/latest ] || ! kill -0 $pid; do sleep .002; done; kill -TERM $pid; wait $pid; " +
          Train("again") + "--steps=6 --set train.save_every_steps=3 --resume");
  Succeed("cmp whole/checkpoints/latest/model.safetensors again/checkpoints/latest/model.safetensors");
  Succeed("cmp whole/checkpoints/latest/config.json again/checkpoints/latest/config.json");
}

TEST_F(TwoTasksTest, ShardsMakeTheWhole) {
  EXPECT_THAT(Succeed(eval_ + "--out=whole.jsonl; wc -l < whole.jsonl"), HasSubstr("12\n"));
  EXPECT_THAT(log_, AllOf(HasSubstr("addition, in distribution (at most 3 and 3 digits): "),
                          HasSubstr("subtraction, in distribution (at most 3 and 3 digits): ")));
  Succeed("for i in 0 1 2; do " + eval_ +
          "--shard=$i/3 --out=$i.jsonl; done; env eval merge 2.jsonl 0.jsonl 1.jsonl --out=merged.jsonl; "
          "cmp whole.jsonl merged.jsonl");
  EXPECT_THAT(Fail("env eval merge 0.jsonl 1.jsonl", 65), HasSubstr("missing"));
  EXPECT_THAT(Fail("grep -v '\"task\":\"subtraction\"' whole.jsonl > half.jsonl; env eval merge half.jsonl", 65),
              HasSubstr("all cells of subtraction missing"));
}

// It is killed after some cell and keeps what is done.
TEST_F(TwoTasksTest, AKilledEvaluationContinuesToTheWhole) {
  const std::string part = eval_ + "--batch_tokens=20 --out=part.jsonl --log_samples=part.log";
  Succeed(part +
          " & pid=$!\n"
          "until [ \"$(grep -c ^done part.jsonl.partial 2>/dev/null)\" -ge 7 ] || ! kill -0 $pid; do sleep .002; done\n"
          "kill -KILL $pid; wait $pid; " +
          part);
  Succeed(eval_ + "--out=whole.jsonl --log_samples=whole.log; cmp whole.jsonl part.jsonl; cmp whole.log part.log");
  EXPECT_THAT(Succeed("cat whole.log"), HasSubstr("{\"task\":\"subtraction\",\"problems\":"));
}

TEST_F(TwoTasksTest, OneOfThemAlone) {
  EXPECT_THAT(Succeed(eval_ + "--task=subtraction"),
              AllOf(HasSubstr("{\"task\":\"subtraction\",\"tasks\":\"subtraction\","), Not(HasSubstr("addition"))));
  EXPECT_THAT(Fail(eval_ + "--task=sorting", 65),
              HasSubstr("run: found a model of addition, subtraction, expected one of sorting"));
  EXPECT_THAT(Fail(eval_ + "--task=substraction", 2), HasSubstr("did you mean subtraction?"));
  EXPECT_THAT(Fail("sort_eval --model=run", 65), HasSubstr("expected one of sorting"));
}

TEST_F(TwoTasksTest, GivenProblemsFindTheirTask) {
  Succeed("printf '1+1=\\n1-2=\\n3+4=\\n' > mine.txt");
  EXPECT_THAT(Succeed("env eval --threads=1 --model=run --problems=mine.txt"),
              AllOf(HasSubstr("\"task\":\"addition\",\"tasks\":\"addition,subtraction\",\"problems\":\"mine.txt\""),
                    HasSubstr("\"task\":\"subtraction\",\"tasks\":")));
  const ToolResult predicted = RunCommand(folder_, "predict --model=run --check --threads=1 < mine.txt");
  EXPECT_THAT(predicted.out, AllOf(HasSubstr("\t2\n"), HasSubstr("\t1-\n"), HasSubstr("\t7\n")));
  EXPECT_THAT(Fail("echo '1x2=' | predict --model=run", 65), HasSubstr("found a line of none of the tasks"));
}

TEST_F(TwoTasksTest, PicturesTellThemApart) {
  Succeed(eval_ + "> whole.jsonl");
  EXPECT_THAT(Succeed("plot table whole.jsonl"), AllOf(HasSubstr("| addition |"), HasSubstr("| subtraction |")));
  EXPECT_THAT(Fail("plot heatmap whole.jsonl", 65), HasSubstr("--task=subtraction takes one task"));
  EXPECT_THAT(Succeed("plot heatmap --task=addition whole.jsonl"), HasSubstr("exact answers in percent"));
  EXPECT_THAT(Succeed("plot lengths whole.jsonl"), AllOf(HasSubstr("addition"), HasSubstr("subtraction")));
  EXPECT_THAT(Succeed("plot report run whole.jsonl"), HasSubstr("env eval --model=run --task=subtraction --grid="));
}

TEST_F(MixtureTest, OneDataSetOrStreamOfThreeTasks) {
  const std::string datagen = "datagen --task=addition,sorting,parity --max_digits=3 --max_digits_second=3 ";
  const std::string tokenize = "tokenize --task=addition,sorting,parity ";
  Succeed(datagen + "--count=300 > mixed.txt && datagen check --task=addition,sorting,parity mixed.txt");
  Succeed(tokenize + "--in=mixed.txt --out=mixed.st");
  EXPECT_THAT(Succeed("tokenize --inspect=mixed.st"),
              AllOf(HasSubstr("addition (100 rows); sorting (100 rows); parity (100 rows)"),
                    HasSubstr("vocabulary       all, 122 tokens"), HasSubstr("first operand    1..3; 1..3; 1..3")));
  EXPECT_THAT(Succeed("tokenize --describe=mixed.st"), HasSubstr("\"task\":\"parity\""));
  Succeed("tokenize --describe=mixed.st | plot histograms > histograms.txt");
  Succeed(std::string(kTrain) + "--data=mixed.st --out=run --steps=3");
  // Of a stream, the same model.
  Succeed(tokenize + "--in=mixed.txt --out=- | " + kTrain +
          "--data=- --out=stream --steps=3 --set train.pool_batches=2");
  Succeed("diff run/checkpoints/latest/config.json stream/checkpoints/latest/config.json");
  const std::string cells = Succeed(std::string(kEval) + "--model=run | tee cells.jsonl");
  EXPECT_THAT(cells, AllOf(HasSubstr("{\"task\":\"parity\",\"tasks\":\"addition,sorting,parity\""),
                           HasSubstr("\"grid\":\"rows=1..3 operands=1\"")));
  EXPECT_THAT(Succeed("wc -l < cells.jsonl"), HasSubstr("15\n"));
  EXPECT_THAT(Succeed("sort_eval --model=run --digits=1..2 --lengths=2 --samples=4"),
              AllOf(HasSubstr("{\"task\":\"sorting\",\"tasks\":\"sorting\""), Not(HasSubstr("parity\",\"problems"))));
  Succeed("plot sort --task=sorting --first_element cells.jsonl");
}

TEST_F(MixtureTest, WhatCannotBeMixedIsRefused) {
  MakeData("addition");
  MakeData("parity");
  EXPECT_THAT(
      Fail(std::string(kTrain) + "--data=addition.st --data=parity.st --out=run --steps=1", 65),
      HasSubstr("parity.st: found vocabulary tasks, expected pad, that of addition.st; `tokenize --vocab=tasks`"));
  MakeData("addition", "--vocab=tasks");
  Succeed(std::string(kTrain) + "--data=addition.st --data=parity.st --out=run --steps=1");
  Succeed("datagen --reverse=none --count=100 --max_digits=3 | tokenize --reverse=none --vocab=tasks --out=plain.st");
  EXPECT_THAT(Fail(std::string(kTrain) + "--data=addition.st --data=plain.st --out=other --steps=1", 65),
              HasSubstr("plain.st and addition.st: found addition with digits reversed: none beside addition with"));
  Succeed("datagen --task=bitwise_or --count=0 --max_digits=3 | tokenize --task=bitwise_or --vocab=tasks --out=or.st");
  EXPECT_THAT(Fail(std::string(kTrain) + "--data=addition.st --data=or.st --out=other --steps=1", 65),
              HasSubstr("= has an answer in each"));
  EXPECT_THAT(Fail("tokenize --task=addition,bitwise_or --out=x < addition.txt", 2), HasSubstr("--task: found "));
  EXPECT_THAT(Fail("datagen --task=copy,copy --count=3", 2), HasSubstr("--task: found copy twice"));
  EXPECT_THAT(Fail("datagen --task=copy,bitwise_or --count=3", 2), HasSubstr("bitwise_or counts its problems"));
  EXPECT_THAT(Fail("tokenize --task=addition,copy --out=x --in=parity.txt", 65),
              HasSubstr("parity.txt:1: found a line of none of the tasks: addition: byte 1"));
}

}  // namespace
}  // namespace tally
