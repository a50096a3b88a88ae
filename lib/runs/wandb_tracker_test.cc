#include "lib/runs/wandb_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

// A folder with a program in place of Python, `script`, which finds the folder in $3, behind -c and the source.
std::string FolderWith(const std::string& script) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/tracker");
  fs::remove_all(folder);
  fs::create_directories(folder);
  EXPECT_TRUE(WriteFile(folder + "/python", absl::StrCat("#!/bin/sh\necho x >>$3/starts\n", script, "\n")).ok());
  chmod((folder + "/python").c_str(), 0755);
  setenv("TALLY_PYTHON", (folder + "/python").c_str(), 1);
  return folder;
}

int64_t Starts(const std::string& folder) {
  const auto text = ReadFile(folder + "/starts");
  return text.ok() ? static_cast<int64_t>(text->size()) / 2 : 0;
}

// Appends lines until the follower has been started `starts` times, or 5 seconds have gone.
void AppendUntil(int64_t starts, const std::string& folder, WandbTracker* tracker) {
  for (int i = 0; i < 250 && Starts(folder) < starts; ++i) {
    EXPECT_TRUE(tracker->Append(StepMetrics()).ok());
    absl::SleepFor(absl::Milliseconds(20));
  }
}

TEST(WandbTrackerTest, TheEndOfThePipeEndsTheFollowerAndIsWaitedFor) {
  const std::string folder = FolderWith("cat; sleep .1; echo done >$3/done");
  { const WandbTracker tracker(folder); }
  EXPECT_TRUE(fs::exists(folder + "/done"));
}

TEST(WandbTrackerTest, AFollowerThatNeedsLongerIsLeft) {
  const std::string folder = FolderWith("sleep 60");
  const absl::Time start = absl::Now();
  { const WandbTracker tracker(folder, absl::Milliseconds(200)); }
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST(WandbTrackerTest, AFollowerThatIsKilledIsStartedAgainThreeTimes) {
  const std::string folder = FolderWith("kill -KILL $$");
  WandbTracker tracker(folder);
  AppendUntil(4, folder, &tracker);
  EXPECT_EQ(Starts(folder), 4);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(tracker.Append(StepMetrics()).ok());
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(Starts(folder), 4);
}

TEST(WandbTrackerTest, OneThatCannotWorkIsNotStartedAgain) {
  const std::string folder = FolderWith("exit 3");
  WandbTracker tracker(folder);
  AppendUntil(1, folder, &tracker);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(tracker.Append(StepMetrics()).ok());
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(Starts(folder), 1);
}

TEST(WandbTrackerTest, WithoutPythonTrainingGoesOn) {
  setenv("TALLY_PYTHON", "/no/python", 1);
  ::testing::internal::CaptureStderr();
  {
    WandbTracker tracker("run");
    EXPECT_TRUE(tracker.Append(StepMetrics()).ok());
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("no W&B: /no/python: No such file"));
}

}  // namespace
}  // namespace tally
