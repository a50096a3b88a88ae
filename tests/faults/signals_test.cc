// What the machine may do to a tool that runs: limits of files and memory, pauses, a reader that goes, a clock that is
// set, a second process, a run that is moved or copied. Nothing is lost, and the message says what happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kTrain[] =
    "train --data=tokens.safetensors --resume --threads=1 --set model.hidden_size=16 --set model.attention.heads=2 "
    "--set train.batch_size=8 --set train.log_every_steps=1 --set train.save_every_steps=20 ";

class SignalsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = NewFolder();
    const ToolResult made =
        RunCommand(folder_, std::string("datagen --count=1000 --max_digits=4 | tokenize --out=tokens.safetensors && ") +
                                kTrain + "--steps=60 --out=unbroken");
    ASSERT_EQ(made.code, 0) << made.err;
  }

  static ToolResult Run(const std::string& command) { return RunCommand(folder_, command); }

  // `library`, as the environment variable that loads it.
  static std::string Preload(const char* library) {
    return "LD_PRELOAD=" + fs::absolute(std::string("tests/faults/") + library).string() + " ";
  }

  // Waits until `lines` steps of `run` are logged.
  static std::string Await(const std::string& run, int lines) {
    return "until [ \"$(wc -l <" + run + "/metrics.jsonl 2>/dev/null || echo 0)\" -ge " + std::to_string(lines) +
           " ]; do sleep .01; done; ";
  }

  // `run` comes to the end of the unbroken run, byte for byte, by `command`; each step is logged once.
  static void ExpectSameEnd(const std::string& run) {
    const ToolResult end = Run(kTrain + ("--steps=60 --out=" + run) + " && cmp {unbroken," + run +
                               "}/checkpoints/latest/model.safetensors && wc -l <" + run + "/metrics.jsonl && ls -A " +
                               run + " | grep -E 'tmp|holder'");
    EXPECT_EQ(end.out, "60\n") << end.err;
  }

  static std::string folder_;
};

std::string SignalsTest::folder_;

TEST_F(SignalsTest, AFileThatGetsTooLargeIsAbsent) {
  const ToolResult result = Run("ulimit -f 16; datagen --count=10000 --out=large.txt; echo $?; ls -A | grep large");
  EXPECT_EQ(result.out, "74\n");
  EXPECT_THAT(result.err, HasSubstr("large.txt: cannot write: File too large"));
}

TEST_F(SignalsTest, TrainingThatMayWriteNoMoreGoesOnLater) {
  const ToolResult result = Run("ulimit -f 9; " + std::string(kTrain) + "--steps=60 --out=limited");
  EXPECT_EQ(result.code, 74) << result.err;
  EXPECT_THAT(result.err, HasSubstr("File too large"));
  ExpectSameEnd("limited");
}

TEST_F(SignalsTest, AReaderThatGoesEndsOnlyThePipe) {
  EXPECT_EQ(Run("datagen --count=inf | head -n 1; echo ${PIPESTATUS[0]} >&2").err, "0\n");
  // What reads the messages of a training has gone.
  const ToolResult result =
      Run(std::string(kTrain) + "--steps=60 --out=unheard 2>&1 | head -c 1; echo ${PIPESTATUS[0]}");
  EXPECT_THAT(result.out, HasSubstr("0\n"));
  ExpectSameEnd("unheard");
}

TEST_F(SignalsTest, APausedTrainingGoesOn) {
  const ToolResult result =
      Run(kTrain + std::string("--steps=60 --out=paused & pid=$!; ") + Await("paused", 10) +
          "for i in 1 2 3; do kill -STOP $pid; sleep .1; kill -CONT $pid; sleep .05; done; wait $pid");
  EXPECT_EQ(result.code, 0) << result.err;
  ExpectSameEnd("paused");
}

// A clock that is set forward or back neither ends a training bounded by minutes nor draws it out.
TEST_F(SignalsTest, TheTimeOfDayDoesNotMatter) {
  for (const std::string jump : {"90000", "-90000"}) {
    const ToolResult result = Run(
        "rm -rf jump; start=$(date +%s%N); CLOCK_JUMP=" + jump + " " + Preload("libclock.so") + kTrain +
        "--minutes=0.02 --out=jump || exit; echo $((($(date +%s%N) - start) / 1000000)); "
        "sed -nE 's/.*\"seconds\":([-0-9.e+]+),.*\"tokens_per_second\":([-0-9.e+]+),.*/\\1 \\2/p' jump/metrics.jsonl |"
        " awk '$1 < last || $1 > 20 || $2 <= 0 { print \"wrong:\", $0 } { last = $1 } "
        "END { print (NR > 5) (last >= 1.2) }'");
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, MatchesRegex("[0-9]+\n11\n")) << "jump " << jump;
    EXPECT_GT(std::stoi("0" + result.out), 1200);
    EXPECT_LT(std::stoi("0" + result.out), 30000);
  }
}

TEST_F(SignalsTest, WithoutMemoryItSaysSo) {
  const ToolResult result =
      Run("ulimit -v 3000000; " + std::string(kTrain) +
          "--steps=2 --out=memory --set model.hidden_size=1024 --set model.intermediate_size=1000000");
  EXPECT_EQ(result.code, 74) << result.err;
  EXPECT_THAT(result.err, HasSubstr("train: out of memory\n"));
}

TEST_F(SignalsTest, ASecondTrainingIsToldWhoTrains) {
  const ToolResult result = Run(
      kTrain + std::string("--steps=1000000 --out=both & pid=$!; ") + Await("both", 1) + kTrain +
      "--out=both --steps=1000000 2>second; echo $?; kill -TERM $pid; wait $pid; echo $? $pid; ls both | grep holder");
  char host[256] = "";
  ASSERT_EQ(gethostname(host, sizeof(host)), 0);
  const std::string pid = result.out.substr(result.out.find("75 ") + 3);
  EXPECT_THAT(result.out, MatchesRegex("73\n75 [0-9]+\n"));
  EXPECT_THAT(ReadAll(folder_ + "/second"), HasSubstr("both: another process trains this run, process " +
                                                      pid.substr(0, pid.size() - 1) + " on " + host));
}

// A file system without locks, as some network ones: the name of the holder takes their place.
TEST_F(SignalsTest, WithoutLocksTheHoldersNameCounts) {
  const std::string train = "FAULT_KIND=no_locks FAULT_AT=1 FAULT_STAYS=1 FAULT_REPORT=report FAULT_FOLDER=$PWD " +
                            Preload("libfault.so") + kTrain + "--steps=60 --out=lockless";
  ToolResult result = Run(train + " --steps=1000000 & pid=$!; " + Await("lockless", 25) + train +
                          "; echo $?; kill -KILL $pid; wait $pid; cat lockless/holder.txt");
  EXPECT_THAT(result.out, MatchesRegex("73\nhost [^ ]+ process [0-9]+ started [0-9]+ folder [0-9]+\n"));
  EXPECT_THAT(result.err, HasSubstr("where that process has ended, remove lockless/holder.txt"));
  // Of a killed process of this machine it is known that it has ended; of another machine's it is not.
  result = Run("cp lockless/holder.txt killed; sed -i 's/host [^ ]*/host elsewhere/' lockless/holder.txt; " + train +
               "; echo $?; cp killed lockless/holder.txt; " + train + "; echo $?");
  EXPECT_EQ(result.out, "73\n0\n") << result.err;
  EXPECT_THAT(result.err, HasSubstr(" on elsewhere; the file system has no locks"));
}

TEST_F(SignalsTest, AMovedRunIsSavedWhereItIs) {
  const ToolResult result =
      Run(kTrain + std::string("--steps=60 --out=from & pid=$!; ") + Await("from", 5) +
          "mv from to; mkdir from; echo theirs > from/file; wait $pid; echo $?; find from; cat from/file");
  EXPECT_EQ(result.out, "73\nfrom\nfrom/file\ntheirs\n");
  EXPECT_THAT(result.err, HasSubstr("from: was moved to " + fs::canonical(folder_).string() +
                                    "/to while it was trained; saved there after step 20"));
  ExpectSameEnd("to");
}

TEST_F(SignalsTest, ACopyOfARunInTrainingIsARun) {
  const ToolResult result = Run(kTrain + std::string("--steps=60 --out=original & pid=$!; ") + Await("original", 30) +
                                "cp -r original copy; wait $pid");
  EXPECT_EQ(result.code, 0) << result.err;
  ExpectSameEnd("original");
  ExpectSameEnd("copy");
}

}  // namespace
}  // namespace tally
