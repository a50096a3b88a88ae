#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/tasks/sampling/generate.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string TempPath(const std::string& name) { return absl::StrCat(::testing::TempDir(), "/", name); }

struct Outcome {
  absl::Status status;
  std::string report;
};

Outcome Check(const std::vector<std::string>& texts) {
  CheckOptions options;
  options.out = TempPath("report.txt");
  for (size_t i = 0; i < texts.size(); ++i) {
    options.files.push_back(TempPath(absl::StrCat("file", i, ".txt")));
    EXPECT_TRUE(WriteFile(options.files.back(), texts[i]).ok());
  }
  const absl::Status status = CheckProblems(options);
  return {status, ReadFile(options.out).value_or("")};
}

TEST(CheckProblemsTest, RightAndDisjointFilesPass) {
  const Outcome outcome = Check({"1+2=3\n1+2=3\n", "1+3=4\n"});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.report, "3 lines in 2 files: 0 wrong answers, 0 lines with a problem of an earlier file\n");
}

TEST(CheckProblemsTest, WrongAnswersAreNamed) {
  const Outcome outcome = Check({"1+2=3\n9+9=8\n"});
  EXPECT_EQ(ExitCodeOf(outcome.status), kExitCheckFailed);
  EXPECT_THAT(outcome.report, HasSubstr("file0.txt:2: found the answer 8, expected 81\n"));
}

TEST(CheckProblemsTest, SharedProblemsAreNamedInEitherOrder) {
  const Outcome outcome = Check({"1+2=3\n5+2=7\n", "4+4=8\n2+1=3\n", "52+1=62\n50+20=7\n"});
  EXPECT_EQ(ExitCodeOf(outcome.status), kExitCheckFailed);
  EXPECT_THAT(outcome.report, HasSubstr("file1.txt:2: the problem of "));
  EXPECT_THAT(outcome.report, HasSubstr("file0.txt:1\n"));
  EXPECT_THAT(outcome.report, HasSubstr("file2.txt:2: the problem of "));  // 05 + 02 is 5 + 2
  EXPECT_THAT(outcome.report, HasSubstr("2 lines with a problem of an earlier file"));
}

TEST(CheckProblemsTest, TheFirstTenOffendersAreListed) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "1+1=3\n";
  const Outcome outcome = Check({text, text});
  EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("100 wrong answers, 50 shared problems"));
  EXPECT_EQ(std::count(outcome.report.begin(), outcome.report.end(), '\n'), 21);
}

TEST(CheckProblemsTest, SidesOfASplitPass) {
  std::vector<std::string> texts;
  for (const Split::Side side : {Split::kTrain, Split::kTest}) {
    GenerateOptions options;
    options.sampler.first = options.sampler.second = {1, 3};
    options.sampler.split = {side, 0.2};
    options.count = 3000;
    options.seed = side;
    options.out = TempPath("side.txt");
    ASSERT_TRUE(GenerateProblems(options).ok());
    texts.push_back(*ReadFile(options.out));
  }
  const Outcome outcome = Check(texts);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status << outcome.report;
}

TEST(CheckProblemsTest, LinesThatAreNoProblemsAreBadInput) {
  const Outcome outcome = Check({"1+1=2\n", "1+1=2\n1-1=0\n"});
  EXPECT_EQ(ExitCodeOf(outcome.status), kExitBadInput);
  EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("file1.txt:2: byte 2: found '-'"));
  EXPECT_EQ(ExitCodeOf(CheckProblems({})), kExitUsage);
}

TEST(CheckProblemsTest, FilesMayHoldSeveralTasks) {
  CheckOptions options;
  options.formats.resize(2);
  options.formats[1].task = &TaskNamed("parity");
  options.files = {TempPath("tasks.txt")};
  options.out = TempPath("tasks.report");
  ASSERT_TRUE(WriteFile(options.files[0], "1+1=2\n#01=1\n#1=1\n").ok());
  EXPECT_TRUE(CheckProblems(options).ok());
  ASSERT_TRUE(WriteFile(options.files[0], "1+1=2\n#01=0\n").ok());
  EXPECT_EQ(ExitCodeOf(CheckProblems(options)), kExitCheckFailed);
  EXPECT_THAT(*ReadFile(options.out), HasSubstr("tasks.txt:2: found the answer 0, expected 1"));
}

}  // namespace
}  // namespace tally
