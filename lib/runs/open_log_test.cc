#include "lib/runs/open_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

// Files of a run's folder after its log was opened.
int64_t FilesOf(bool writes, bool tensorboard) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/open_log");
  std::filesystem::remove_all(run);
  std::filesystem::create_directories(run);
  TrainConfig config;
  config.set_tensorboard(tensorboard);
  const auto log = OpenLog(run, /*step=*/0, &config, writes);
  EXPECT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(std::filesystem::exists(run + "/metrics.jsonl"), writes);
  return std::distance(std::filesystem::directory_iterator(run), std::filesystem::directory_iterator());
}

TEST(OpenLogTest, WritesWhatTheConfigurationAsksFor) {
  EXPECT_EQ(FilesOf(/*writes=*/true, /*tensorboard=*/false), 1);
  EXPECT_EQ(FilesOf(/*writes=*/true, /*tensorboard=*/true), 2);
  EXPECT_EQ(FilesOf(/*writes=*/false, /*tensorboard=*/true), 0);
}

}  // namespace
}  // namespace tally
