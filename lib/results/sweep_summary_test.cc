#include "lib/results/sweep_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

// Two settings, two seeds each; `metrics` of runs 1, 2, ..., "" for one that has not started.
std::string SweepOf(const std::vector<std::string>& metrics) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/sweep_summary");
  fs::remove_all(folder);
  std::string runs;
  for (size_t i = 0; i < metrics.size(); ++i) {
    absl::StrAppend(&runs, "{\"run\":", i + 1, ",\"values\":{\"a\":\"", i % 2 == 0 ? "x" : "y", "\"},\"seed\":", i / 2,
                    "}\n");
    if (metrics[i].empty()) continue;
    fs::create_directories(absl::StrCat(folder, "/run_", i + 1));
    EXPECT_TRUE(WriteFile(absl::StrCat(folder, "/run_", i + 1, "/metrics.jsonl"), metrics[i]).ok());
  }
  fs::create_directories(folder);
  EXPECT_TRUE(WriteFile(folder + "/runs.jsonl", runs).ok());
  return folder;
}

std::vector<std::string> Ranked(const SweepSummary& summary) {
  std::vector<std::string> names;
  for (const SweepSetting& setting : summary.settings) names.push_back(setting.values[0].second);
  return names;
}

TEST(SweepSummaryTest, TheBestMeanComesFirst) {
  const std::string folder =
      SweepOf({"{\"seconds\":1,\"exact\":0.9,\"loss\":3}\n{\"seconds\":2,\"exact\":0.5,\"loss\":1}\n",
               "{\"seconds\":3,\"exact\":0.6,\"loss\":4}\n", "{\"seconds\":4,\"exact\":0.1,\"loss\":2}\n{\"sec", ""});
  auto summary = SummariseSweep(folder, "");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->by, "exact");
  EXPECT_THAT(Ranked(*summary), ElementsAre("y", "x"));
  const OverSeeds& exact = summary->settings[1].measures.at("exact");
  EXPECT_THAT(exact.values, ElementsAre(0.5, 0.1));
  EXPECT_DOUBLE_EQ(exact.mean(), 0.3);
  EXPECT_EQ(exact.low(), 0.1);
  EXPECT_EQ(exact.high(), 0.5);
  EXPECT_EQ(summary->runs, 4);
  EXPECT_EQ(summary->started, 3);
  EXPECT_EQ(summary->seconds, 9);
  EXPECT_EQ(summary->settings[0].runs, 2);
  EXPECT_THAT(Ranked(*SummariseSweep(folder, "loss")), ElementsAre("x", "y"));
}

TEST(SweepSummaryTest, AnEvaluationRanksBeforeTraining) {
  const std::string folder = SweepOf({"{\"seconds\":1,\"exact\":0.9}\n", "{\"seconds\":1,\"exact\":0.1}\n"});
  ASSERT_TRUE(
      WriteFile(folder + "/run_2/cells.jsonl",
                "{\"task\":\"addition\",\"problems\":\"\",\"first_digits\":1,\"second_digits\":1,\"samples\":10,"
                "\"exact\":4,\"tokens\":20,\"tokens_right\":10,\"model\":\"m\",\"step\":1,\"recurrences\":1,"
                "\"seed\":0,\"trained_first_max\":1,\"trained_second_max\":1}\n")
          .ok());
  const auto summary = SummariseSweep(folder, "");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->by, "cells");
  EXPECT_THAT(Ranked(*summary), ElementsAre("y", "x"));
  EXPECT_EQ(summary->settings[0].measures.at("cells").mean(), 0.4);
}

TEST(SweepSummaryTest, WhatCannotBeRankedIsRefused) {
  EXPECT_EQ(ExitCodeOf(SummariseSweep("/none", "").status()), kExitMissingInput);
  EXPECT_EQ(ExitCodeOf(SummariseSweep(SweepOf({"", ""}), "").status()), kExitBadInput);
  const std::string folder = SweepOf({"{\"seconds\":1,\"exact\":0.9}\n"});
  const auto by = SummariseSweep(folder, "exakt");
  EXPECT_EQ(ExitCodeOf(by.status()), kExitUsage);
  EXPECT_THAT(std::string(by.status().message()), HasSubstr("exact"));
  const auto bad = SummariseSweep(SweepOf({"{\"seconds\":1}\n[]\n"}), "");
  EXPECT_EQ(ExitCodeOf(bad.status()), kExitBadInput);
  EXPECT_THAT(std::string(bad.status().message()), HasSubstr("run_1/metrics.jsonl:2: "));
}

TEST(SweepSummaryTest, SharesAndWhatShouldBeSmall) {
  EXPECT_TRUE(SmallerIsBetter("validation_loss") && SmallerIsBetter("resident_mb") && !SmallerIsBetter("exact"));
  EXPECT_TRUE(IsShare("validation_exact/addition") && IsShare("token_accuracy") && IsShare("cells") &&
              !IsShare("loss"));
}

}  // namespace
}  // namespace tally
