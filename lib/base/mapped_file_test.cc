#include "lib/base/mapped_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using testing::HasSubstr;

std::string PathOf(const std::string& name) { return testing::TempDir() + "/mapped_file_test_" + name; }

TEST(MappedFileTest, ShowsTheBytesOfTheFile) {
  const std::string data = std::string("a\0b\n", 4) + std::string(10000, 'x');
  ASSERT_TRUE(WriteFile(PathOf("data"), data).ok());
  const auto file = MappedFile::Open(PathOf("data"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->data(), data);
  EXPECT_EQ((*file)->path(), PathOf("data"));
}

TEST(MappedFileTest, StaysMappedWhenTheFileIsReplaced) {
  ASSERT_TRUE(WriteFile(PathOf("replaced"), "old").ok());
  const auto file = *MappedFile::Open(PathOf("replaced"));
  ASSERT_TRUE(WriteFile(PathOf("replaced"), "new").ok());
  EXPECT_EQ(file->data(), "old");
}

// The kernel sends SIGBUS; a page that was not read yet has to come from the file.
TEST(MappedFileDeathTest, AFileThatIsCutOffIsNamed) {
  ASSERT_TRUE(WriteFile(PathOf("cut"), std::string(100000, 'x')).ok());
  const auto file = *MappedFile::Open(PathOf("cut"));
  const auto read = [&] {
    EXPECT_EQ(truncate(PathOf("cut").c_str(), 10), 0);
    const volatile char byte = file->data()[90000];  // read although nobody asks for it
    return byte;
  };
  EXPECT_EXIT(read(), testing::ExitedWithCode(kExitIoError), PathOf("cut") + ": cannot be read: it was cut off");
}

TEST(MappedFileTest, AnEmptyFileIsEmpty) {
  ASSERT_TRUE(WriteFile(PathOf("empty"), "").ok());
  EXPECT_EQ((*MappedFile::Open(PathOf("empty")))->data(), "");
}

TEST(MappedFileTest, AMissingFileIsMissingInput) {
  const absl::Status status = MappedFile::Open(PathOf("none")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitMissingInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr(PathOf("none")));
}

TEST(MappedFileTest, FoldersAndPipesAreBadInput) {
  EXPECT_EQ(ExitCodeOf(MappedFile::Open(testing::TempDir()).status()), kExitBadInput);
  unlink(PathOf("fifo").c_str());
  ASSERT_EQ(mkfifo(PathOf("fifo").c_str(), 0600), 0);
  const absl::Status status = MappedFile::Open(PathOf("fifo")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("regular file"));
}

}  // namespace
}  // namespace tally
