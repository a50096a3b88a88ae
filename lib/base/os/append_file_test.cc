#include "lib/base/os/append_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string NewPath(const char* name) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::filesystem::remove(path);
  return path;
}

TEST(AppendFileTest, GrowsWhereItEndedAndIsCut) {
  const std::string path = NewPath("grows");
  for (const char* record : {"one\n", "two\n"}) {
    const auto file = AppendFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append(record).ok());
    EXPECT_TRUE((*file)->Sync().ok());
  }
  EXPECT_EQ(*ReadFile(path), "one\ntwo\n");
  const auto file = AppendFile::Open(path);
  ASSERT_TRUE((*file)->Cut(4).ok());
  ASSERT_TRUE((*file)->Append("three\n").ok());
  EXPECT_EQ(*ReadFile(path), "one\nthree\n");
}

TEST(AppendFileTest, AFolderThatIsMissingIsNamed) {
  const auto file = AppendFile::Open(NewPath("nowhere") + "/file");
  EXPECT_EQ(ExitCodeOf(file.status()), kExitCannotCreate);
  EXPECT_THAT(file.status().message(), HasSubstr("nowhere/file: cannot be created: No such file or directory"));
}

// A file that may not grow beyond ten bytes: a record that fits in part leaves nothing.
TEST(AppendFileTest, ARecordIsWholeOrAbsent) {
  const std::string path = NewPath("limited");
  const auto file = AppendFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append("seven 7\n").ok());
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit ten = {10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &ten), 0);
  const absl::Status status = (*file)->Append("another\n");
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  EXPECT_THAT(status.message(), HasSubstr("limited: cannot append: File too large"));
  EXPECT_EQ(*ReadFile(path), "seven 7\n");
}

}  // namespace
}  // namespace tally
