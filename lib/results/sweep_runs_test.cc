#include "lib/results/sweep_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(SweepRunsTest, ALineGivesTheRunBack) {
  const SweepRun run = {
      3, {{"train.optimizer.kind", "ADAMW"}, {"data", "a \"b\".safetensors:2"}}, 18446744073709551615u};
  const std::string line = SweepRunToJson(run);
  EXPECT_EQ(
      line,
      R"({"run":3,"values":{"train.optimizer.kind":"ADAMW","data":"a \"b\".safetensors:2"},"seed":18446744073709551615})");
  const auto read = SweepRunFromJson(line);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->number, 3);
  EXPECT_EQ(read->values, run.values);
  EXPECT_EQ(read->seed, run.seed);
  EXPECT_EQ(SweepRunName(*read),
            "train.optimizer.kind=ADAMW, data=a \"b\".safetensors:2, train.seed=18446744073709551615");
  EXPECT_FALSE(SweepRunFromJson(R"({"run":1,"values":{}})")->seed);
}

TEST(SweepRunsTest, AWrongFileIsRefusedWithItsLine) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/sweep_runs");
  std::filesystem::create_directories(folder);
  EXPECT_EQ(ExitCodeOf(ReadSweepRuns(folder + "/none").status()), kExitMissingInput);
  const std::string good = "{\"run\":1,\"values\":{\"train.steps\":\"5\"}}\n";
  for (const std::string& bad :
       {std::string(""), good + good, good + "{}\n", good + "{\"run\":2,\"values\":{\"a\":1}}\n", good + "{\"run\":2",
        good + "{\"run\":-2,\"values\":{}}\n", good + "{\"run\":2,\"values\":{},\"seed\":1.5}\n", good + "2\n",
        good + "{\"run\":18446744073709551615,\"values\":{}}\n"}) {
    ASSERT_TRUE(WriteFile(folder + "/runs.jsonl", bad).ok());
    const auto runs = ReadSweepRuns(folder);
    EXPECT_EQ(ExitCodeOf(runs.status()), kExitBadInput) << bad;
    EXPECT_THAT(std::string(runs.status().message()), HasSubstr(bad.empty() ? "runs.jsonl: " : "runs.jsonl:2: "))
        << bad;
  }
  ASSERT_TRUE(WriteFile(folder + "/runs.jsonl", good).ok());
  EXPECT_EQ(ReadSweepRuns(folder)->size(), 1u);
}

}  // namespace
}  // namespace tally
