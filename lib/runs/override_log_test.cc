#include "lib/runs/override_log.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

TEST(OverrideLogTest, StartsAndChangesOfContinuedRunsAreKept) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/override_log");
  std::filesystem::remove_all(run);
  std::filesystem::create_directories(run);
  ASSERT_TRUE(LogOverrides(run, 0, {{"train.steps", "0", "5", "flags"}, {"model.layers", "1", "2", "--set"}}).ok());
  ASSERT_TRUE(LogOverrides(run, 5, {}).ok());
  ASSERT_TRUE(LogOverrides(run, 5, {{"train.steps", "5", "9", "a.textproto"}}).ok());
  EXPECT_EQ(*ReadFile(run + "/overrides.txt"),
            "started\n"
            "  train.steps: 0 -> 5 (flags)\n"
            "  model.layers: 1 -> 2 (--set)\n"
            "continued after step 5\n"
            "  train.steps: 5 -> 9 (a.textproto)\n");
}

TEST(OverrideLogTest, AFolderThatIsNotThereIsSaid) { EXPECT_FALSE(LogOverrides("/proc/tally/run", 0, {}).ok()); }

}  // namespace
}  // namespace tally
