// Training from a pipe: the same bytes as from a file, kills and stops included; what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr int kSteps = 120;  // of 8 problems, in pools of 64

const std::string kFlags =
    " --threads=1 --resume --steps=120 --set model.hidden_size=16 --set model.attention.heads=2 "
    "--set train.batch_size=8 --set train.pool_batches=8 --set train.log_every_steps=1 --set "
    "train.save_every_steps=13 ";

// A pipe without end, whose data come by number, as do those of a data set made with --noshuffle.
const std::string kMake = "datagen --count=inf --noshuffle --max_digits=6 --seed=1 | tokenize --out=-";
const std::string kPiped = kMake + " | train --data=-" + kFlags + "--out=";

class StreamTest : public ::testing::Test {
 protected:
  // filed: the run whose end all others must reach.
  static void SetUpTestSuite() {
    folder_ = new std::string(NewFolder());
    const ToolResult made =
        Run("datagen --count=1500 --noshuffle --max_digits=6 --seed=1 | tokenize --out=t.safetensors && "
            "train --data=t.safetensors --set train.data_order=SEQUENTIAL" +
            kFlags + "--out=filed");
    ASSERT_EQ(made.code, 0) << made.err;
  }

  static ToolResult Run(const std::string& command) { return RunCommand(*folder_, command); }

  // Kills `train`, a command that trains `run`, once it has logged this many steps. Its log goes to the file err.
  static ToolResult RunAndKill(const std::string& train, const std::string& run, int lines) {
    return Run(train + " 2>err & pid=$!\nuntil [ \"$(wc -l <" + run + "/metrics.jsonl 2>/dev/null || echo 0)\" -ge " +
               std::to_string(lines) +
               " ]; do kill -0 $pid || exit 9; sleep .01; done; kill -KILL $pid; wait $pid; true");
  }

  static void ExpectSame(const std::string& run, const std::string& expected) {
    for (const std::string file : {"model.safetensors", "config.json", "tokenizer.json"}) {
      const std::string path = "/checkpoints/latest/" + file;
      EXPECT_EQ(Run("cmp " + expected + path + " " + run + path).code, 0) << file;
    }
    // The same metrics, each step once, apart from times and memory, and the epoch, which a stream does not have.
    const std::string strip =
        "sed 's/\"seconds\":[^,]*,//; s/\"tokens_per_second\":[^,]*,//; s/\"resident_mb\":[^,}]*//; "
        "s/\"epoch\":[^,]*,//' ";
    const std::string metrics = Run(strip + run + "/metrics.jsonl").out;
    EXPECT_EQ(std::count(metrics.begin(), metrics.end(), '\n'), kSteps);
    EXPECT_EQ(metrics, Run(strip + expected + "/metrics.jsonl").out);
  }

  static std::string* folder_;
};

std::string* StreamTest::folder_ = nullptr;

TEST_F(StreamTest, PipeEqualsFile) {
  // Everybody leaves quietly when training is done.
  const ToolResult piped = Run("set -o pipefail; " + kPiped + "piped");
  ASSERT_EQ(piped.code, 0) << piped.err;
  ExpectSame("piped", "filed");
  // A file of the stream's format, and a finite one.
  const ToolResult redirected =
      Run("datagen --count=1500 --noshuffle --max_digits=6 --seed=1 | tokenize --out=- >stream && "
          "train --data=- " +
          kFlags + "--out=redirected <stream");
  ASSERT_EQ(redirected.code, 0) << redirected.err;
  ExpectSame("redirected", "filed");
}

TEST_F(StreamTest, KilledAndContinuedFromTheBeginningOfTheStream) {
  const unsigned seed = 20261125;
  std::mt19937 random(seed);
  for (int kill = 0; kill < 4; ++kill) {
    const int lines = 10 + 25 * kill + static_cast<int>(random() % 15);
    const ToolResult killed =
        RunAndKill("train --data=- " + kFlags + "--out=killed < <(" + kMake + ")", "killed", lines);
    ASSERT_EQ(killed.code, 0) << "seed " << seed << ", kill " << kill << ": " << ReadAll(*folder_ + "/err");
  }
  const ToolResult resumed = Run(kPiped + "killed");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("continuing killed from step"));
  ExpectSame("killed", "filed");
}

// The pipe says nothing more, and the signal comes while training waits for it.
TEST_F(StreamTest, StoppedWhileWaitingAndContinued) {
  const ToolResult stopped =
      Run("datagen --count=640 --noshuffle --max_digits=6 --seed=1 | tokenize --out=- | head -c -24 >part; "
          "mkfifo pipe; (cat part; exec sleep 30) >pipe & silent=$!\n"
          "train --data=- " +
          kFlags +
          "--out=stopped <pipe & pid=$!\n"
          "until [ \"$(wc -l <stopped/metrics.jsonl 2>/dev/null || echo 0)\" -ge 80 ]; do sleep .01; done\n"
          "sleep .3; kill -TERM $pid; wait $pid; code=$?; kill $silent; exit $code");
  ASSERT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume continues"));
  ASSERT_EQ(Run(kPiped + "stopped").code, 0);
  ExpectSame("stopped", "filed");
}

TEST_F(StreamTest, AStreamThatEndsTooSoonIsAnErrorAndNothingIsLost) {
  const ToolResult cut =
      Run("datagen --count=700 --noshuffle --max_digits=6 --seed=1 | tokenize --out=- | "
          "train --data=-" +
          kFlags + "--out=cut");
  EXPECT_EQ(cut.code, 65);
  EXPECT_THAT(cut.err, HasSubstr("the token stream ends after 700 examples"));
  EXPECT_THAT(cut.err, HasSubstr("saved after step 80, --resume continues"));
  ASSERT_EQ(Run(kPiped + "cut").code, 0);
  ExpectSame("cut", "filed");
}

TEST_F(StreamTest, AnotherStreamIsRefusedWhenARunContinues) {
  const ToolResult stopped = Run(kPiped + "other --steps=20");
  ASSERT_EQ(stopped.code, 0) << stopped.err;
  const ToolResult other =
      Run("datagen --count=inf --noshuffle --max_digits=6 --seed=2 | tokenize --out=- | train --data=-" + kFlags +
          "--out=other");
  EXPECT_EQ(other.code, 65);
  EXPECT_THAT(other.err, HasSubstr("found other training data"));
}

// A run that goes on with other data ends in the same bytes, stopped on the way or not, and says what it was given.
TEST_F(StreamTest, OtherDataAreGoneOnWithWhenAskedFor) {
  ASSERT_EQ(Run("datagen --count=300 --max_digits=6 --seed=3 | tokenize --out=other.safetensors").code, 0);
  const std::string first = "train --data=t.safetensors" + kFlags, then = "train --data=other.safetensors" + kFlags;
  for (const char* run : {"changed", "changed_twice"}) {
    ASSERT_EQ(Run(first + "--steps=10 --out=" + run).code, 0);
    EXPECT_EQ(Run(then + "--out=" + run).code, 2);
  }
  const ToolResult changed = Run(then + "--out=changed --change_data");
  ASSERT_EQ(changed.code, 0) << changed.err;
  EXPECT_THAT(changed.err, HasSubstr("goes on with other data, 300 problems"));
  EXPECT_THAT(ReadAll(*folder_ + "/changed/overrides.txt"), HasSubstr("other.safetensors"));
  ASSERT_EQ(RunAndKill(then + "--out=changed_twice --change_data", "changed_twice", 60).code, 0);
  ASSERT_EQ(Run(then + "--out=changed_twice --change_data").code, 0);
  ExpectSame("changed_twice", "changed");
  EXPECT_EQ(Run("train --data=- " + kFlags + "--out=changed --change_data < t.safetensors").code, 2);
  EXPECT_EQ(Run("train --data=t.safetensors --out=new --steps=1 --change_data").code, 2);
}

TEST_F(StreamTest, SeveralDataSetsTrainAndContinue) {
  const std::string mixed = "train --data=t.safetensors:3 --data=u.safetensors" + kFlags;
  ASSERT_EQ(Run("datagen --count=100 --max_digits=9 --seed=5 | tokenize --out=u.safetensors").code, 0);
  ASSERT_EQ(Run(mixed + "--out=whole").code, 0);
  ASSERT_EQ(RunAndKill(mixed + "--out=parts", "parts", 50).code, 0);
  ASSERT_EQ(Run(mixed + "--out=parts").code, 0);
  ExpectSame("parts", "whole");
}

}  // namespace
}  // namespace tally
