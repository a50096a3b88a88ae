#include "lib/dataset/spool_file.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

// What ReadAll hands out, put together.
std::string Contents(SpoolFile* spool) {
  std::string all;
  const absl::Status status = spool->ReadAll([&](absl::string_view bytes) {
    absl::StrAppend(&all, bytes);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return all;
}

TEST(SpoolFileTest, GivesBackWhatWentIn) {
  auto spool = SpoolFile::Open(::testing::TempDir());
  ASSERT_TRUE(spool.ok()) << spool.status();
  EXPECT_EQ(Contents(spool->get()), "");
  std::string expected;
  for (int i = 0; i < 200'000; ++i) {
    const std::string number = absl::StrCat(i, ",");
    ASSERT_TRUE((*spool)->Append(number).ok());
    expected += number;
  }
  EXPECT_EQ(Contents(spool->get()), expected);
  ASSERT_TRUE((*spool)->Append("more").ok());
  EXPECT_EQ(Contents(spool->get()), expected + "more");
}

TEST(SpoolFileTest, LeavesNoName) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/spool");
  mkdir(folder.c_str(), 0700);
  auto spool = SpoolFile::Open(folder);
  ASSERT_TRUE(spool.ok()) << spool.status();
  ASSERT_TRUE((*spool)->Append(std::string(1 << 20, 'x')).ok());
  int names = 0;
  DIR* listing = opendir(folder.c_str());
  while (const dirent* entry = readdir(listing)) names += entry->d_name[0] != '.' || entry->d_name[1] == 's';
  closedir(listing);
  EXPECT_EQ(names, 0);
}

TEST(SpoolFileTest, ReadAllStopsAtTheConsumersError) {
  auto spool = SpoolFile::Open(::testing::TempDir());
  ASSERT_TRUE(spool.ok()) << spool.status();
  ASSERT_TRUE((*spool)->Append(std::string(1 << 20, 'x')).ok());
  int calls = 0;
  const absl::Status status = (*spool)->ReadAll([&](absl::string_view) {
    ++calls;
    return IoError("no room");
  });
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  EXPECT_EQ(calls, 1);
}

TEST(SpoolFileTest, AbsentFolderCannotBeWritten) {
  const absl::Status status = SpoolFile::Open(absl::StrCat(::testing::TempDir(), "/absent")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("/absent"));
}

}  // namespace
}  // namespace tally
