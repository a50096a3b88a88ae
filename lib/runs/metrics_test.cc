#include "lib/runs/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/streams.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An empty folder.
std::string NewRun(absl::string_view name) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/runs/", name);
  std::filesystem::remove_all(run);
  std::filesystem::create_directories(run);
  return run;
}

// The steps logged in the run.
std::vector<int64_t> LoggedSteps(const std::string& run) {
  std::vector<int64_t> steps;
  for (const absl::string_view line : absl::StrSplit(*ReadFile(run + "/metrics.jsonl"), '\n', absl::SkipEmpty())) {
    steps.push_back(nlohmann::json::parse(line.begin(), line.end())["step"].get<int64_t>());
  }
  return steps;
}

void Log(const std::string& run, int64_t last_step, const std::vector<int64_t>& steps) {
  const auto metrics = MetricsFile::Open(run, last_step);
  ASSERT_TRUE(metrics.ok()) << metrics.status();
  for (const int64_t step : steps) {
    StepMetrics m;
    m.step = step;
    ASSERT_TRUE((*metrics)->Append(m).ok());
  }
}

TEST(MetricsTest, MetricsOfStepsAfterTheCheckpointAreForgotten) {
  const std::string run = NewRun("metrics");
  Log(run, 0, {1, 2, 3, 4, 5});
  Log(run, 3, {4, 6});
  EXPECT_THAT(LoggedSteps(run), ElementsAre(1, 2, 3, 4, 6));
}

TEST(MetricsTest, ALineCutShortByAKillIsForgotten) {
  const std::string run = NewRun("torn");
  ASSERT_TRUE(WriteFile(run + "/metrics.jsonl", "{\"step\":1,\"loss\":2}\n{\"step\":2,\"lo").ok());
  Log(run, 9, {3});
  EXPECT_THAT(LoggedSteps(run), ElementsAre(1, 3));
}

TEST(MetricsTest, WhatIsNotFiniteIsNull) {
  const std::string run = NewRun("not_finite");
  const auto metrics = MetricsFile::Open(run, 0);
  StepMetrics m;
  m.step = 7;
  m.grad_norm = std::numeric_limits<double>::infinity();
  m.loss = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE((*metrics)->Append(m).ok());
  EXPECT_THAT(*ReadFile(run + "/metrics.jsonl"), AllOf(HasSubstr("\"loss\":null,"), HasSubstr("\"grad_norm\":null,")));
  Log(run, 7, {8});
  EXPECT_THAT(LoggedSteps(run), ElementsAre(7, 8));
}

TEST(MetricsTest, SeveralTasksAreNamed) {
  StepMetrics m;
  m.validation.emplace().exact = 0.61;
  EXPECT_EQ(ExactText(*m.validation), "61.0 %");
  EXPECT_EQ(NamedValues(m).back().first, "validation_loss");
  m.validation->exact_by_task = {{"addition", 0.92}, {"sorting", 0.3}};
  EXPECT_EQ(ExactText(*m.validation), "61.0 % (addition 92.0 %, sorting 30.0 %)");
  EXPECT_EQ(NamedValues(m).back().first, "validation_exact/sorting");
  EXPECT_EQ(NamedValues(m).back().second, 0.3);
}

}  // namespace
}  // namespace tally
