#include "lib/base/os/same_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

TEST(CheckReplacesNoInputTest, KnowsAFileByAnyName) {
  const std::string folder = ::testing::TempDir() + "/same_file", in = folder + "/in", other = folder + "/other";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(WriteFile(in, "text").ok());
  ASSERT_TRUE(WriteFile(other, "text").ok());
  std::filesystem::create_symlink("in", folder + "/link");
  for (const std::string& out : {in, folder + "/./in", folder + "/link"}) {
    const absl::Status status = CheckReplacesNoInput("--out", out, {other, in});
    EXPECT_EQ(ExitCodeOf(status), kExitUsage) << out;
    EXPECT_EQ(status.message(), "--out=" + out + ": would replace what is read, " + in + "; expected another file");
  }
  for (const std::string& out : {other, folder + "/new", folder, std::string("-"), std::string("/dev/null")}) {
    EXPECT_TRUE(CheckReplacesNoInput("--out", out, {in, "-", "/dev/null", folder + "/none"}).ok()) << out;
  }
}

}  // namespace
}  // namespace tally
