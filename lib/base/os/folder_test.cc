#include "lib/base/os/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FolderTest, NamesAndLinks) {
  std::string folder = ::testing::TempDir() + "/folder-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  EXPECT_THAT(*ListFolder(folder), IsEmpty());
  ASSERT_TRUE(WriteFile(folder + "/b", "").ok());
  ASSERT_EQ(symlink("nowhere/else", (folder + "/.a").c_str()), 0);
  EXPECT_THAT(*ListFolder(folder), ElementsAre(".a", "b"));
  EXPECT_THAT(*ListFolder(folder + "/b"), IsEmpty());
  EXPECT_THAT(*ListFolder(folder + "/c"), IsEmpty());
  EXPECT_EQ(*LinkTarget(folder + "/.a"), "nowhere/else");
  EXPECT_EQ(*LinkTarget(folder + "/b"), "");
  EXPECT_EQ(*LinkTarget(folder + "/c"), "");
}

// A link to itself cannot be followed, which is not the same as absence.
TEST(FolderTest, WhatCannotBeToldIsAnError) {
  std::string folder = ::testing::TempDir() + "/folder-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ASSERT_EQ(symlink("loop", (folder + "/loop").c_str()), 0);
  EXPECT_EQ(ExitCodeOf(ListFolder(folder + "/loop").status()), kExitIoError);
  EXPECT_EQ(ExitCodeOf(LinkTarget(folder + "/loop/x").status()), kExitIoError);
}

}  // namespace
}  // namespace tally
