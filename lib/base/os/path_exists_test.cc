#include "lib/base/os/path_exists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

TEST(PathExistsTest, TellsThereFromAbsentAndFromNoAnswer) {
  const std::string folder = ::testing::TempDir() + "/exists";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(WriteFile(folder + "/file", "x").ok());
  std::filesystem::create_symlink("nowhere", folder + "/dangling");
  std::filesystem::create_symlink("loop", folder + "/loop");
  EXPECT_EQ(CheckExists(folder).value(), true);
  EXPECT_EQ(CheckExists(folder + "/file").value(), true);
  EXPECT_EQ(CheckExists(folder + "/missing").value(), false);
  EXPECT_EQ(CheckExists(folder + "/dangling").value(), false);
  EXPECT_EQ(CheckExists(folder + "/file/below").value(), false);
  const auto loop = CheckExists(folder + "/loop");
  EXPECT_EQ(ExitCodeOf(loop.status()), kExitIoError);
  EXPECT_THAT(loop.status().message(), ::testing::HasSubstr("loop: cannot tell whether it is there: "));
}

}  // namespace
}  // namespace tally
