#include "lib/base/atomic_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A folder of its own for each test.
class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/atomic_file_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    path_ = folder_ + "/out.txt";
  }
  void TearDown() override { SetFileFaultHookForTest(nullptr); }

  // Names in the folder.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename());
    return names;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(AtomicFileTest, AppearsOnlyWithCommit) {
  auto file = *AtomicFile::Open(path_);
  ASSERT_TRUE(file->Append("hello ").ok());
  ASSERT_TRUE(file->Append("world").ok());
  EXPECT_EQ(file->size(), 11);
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(Contents(path_), "hello world");
  EXPECT_THAT(Names(), testing::ElementsAre("out.txt"));
  file.reset();
  EXPECT_EQ(Contents(path_), "hello world");
}

TEST_F(AtomicFileTest, TheTemporaryNameIsHiddenAndNamesTheTarget) {
  auto file = *AtomicFile::Open(path_);
  ASSERT_EQ(Names().size(), 1);
  EXPECT_TRUE(absl::StartsWith(Names()[0], absl::StrCat(".out.txt.tmp.", getpid(), "."))) << Names()[0];
}

TEST_F(AtomicFileTest, WithoutCommitTheOldFileStays) {
  std::ofstream(path_) << "old";
  {
    auto file = *AtomicFile::Open(path_);
    ASSERT_TRUE(file->Append("new").ok());
  }
  EXPECT_EQ(Contents(path_), "old");
  EXPECT_THAT(Names(), testing::ElementsAre("out.txt"));
}

TEST_F(AtomicFileTest, CommitReplacesTheOldFile) {
  std::ofstream(path_) << "a longer old text";
  auto file = *AtomicFile::Open(path_);
  ASSERT_TRUE(file->Append("new").ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(Contents(path_), "new");
}

TEST_F(AtomicFileTest, WriteAtOverwritesAndAppendGoesOnAtTheEnd) {
  auto file = *AtomicFile::Open(path_);
  ASSERT_TRUE(file->Append("????body").ok());
  ASSERT_TRUE(file->WriteAt(0, "head").ok());
  ASSERT_TRUE(file->Append("!").ok());
  EXPECT_EQ(ExitCodeOf(file->WriteAt(7, "too long")), kExitBug);
  EXPECT_EQ(ExitCodeOf(file->WriteAt(-1, "x")), kExitBug);
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(Contents(path_), "headbody!");
}

TEST_F(AtomicFileTest, TwoWritersOfOneTargetDoNotMix) {
  auto first = *AtomicFile::Open(path_);
  auto second = *AtomicFile::Open(path_);
  ASSERT_TRUE(first->Append("first").ok());
  ASSERT_TRUE(second->Append("second").ok());
  ASSERT_TRUE(second->Commit().ok());
  ASSERT_TRUE(first->Commit().ok());
  EXPECT_EQ(Contents(path_), "first");
}

TEST_F(AtomicFileTest, OpenRefusesWhatCannotBeCreated) {
  for (const std::string& path : {folder_ + "/none/out.txt", folder_, folder_ + "/", std::string()}) {
    const absl::Status status = AtomicFile::Open(path).status();
    EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate) << path;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
}

TEST_F(AtomicFileTest, CommittingTwiceIsABug) {
  auto file = *AtomicFile::Open(path_);
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(ExitCodeOf(file->Commit()), kExitBug);
  EXPECT_EQ(Contents(path_), "");
}

TEST_F(AtomicFileTest, APlainNameIsInTheCurrentFolder) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  auto file = *AtomicFile::Open("plain.txt");
  ASSERT_TRUE(file->Append("x").ok());
  EXPECT_TRUE(file->Commit().ok());
  std::filesystem::current_path(before);
  EXPECT_EQ(Contents(folder_ + "/plain.txt"), "x");
}

// Fails the step whose name it holds.
std::string failing_step;
absl::Status FailStep(absl::string_view step, const std::string& path) {
  return step == failing_step ? IoError(absl::StrCat(path, ": fault at ", step)) : absl::OkStatus();
}

TEST_F(AtomicFileTest, AFaultBeforeTheRenameLeavesTheOldFileAndNothingElse) {
  SetFileFaultHookForTest(FailStep);
  std::ofstream(path_) << "old";
  for (const char* step : {"write", "fsync", "rename"}) {
    failing_step = step;
    auto file = *AtomicFile::Open(path_);
    absl::Status status = file->Append("new");
    if (status.ok()) status = file->Commit();
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("fault at ", step)));
    file.reset();
    EXPECT_EQ(Contents(path_), "old") << step;
    EXPECT_THAT(Names(), testing::ElementsAre("out.txt")) << step;
  }
}

TEST_F(AtomicFileTest, AFaultAfterTheRenameIsReportedAndLeavesTheNewFile) {
  SetFileFaultHookForTest(FailStep);
  std::ofstream(path_) << "old";
  failing_step = "fsync_folder";
  auto file = *AtomicFile::Open(path_);
  ASSERT_TRUE(file->Append("new").ok());
  EXPECT_EQ(ExitCodeOf(file->Commit()), kExitIoError);
  file.reset();
  EXPECT_EQ(Contents(path_), "new");
}

TEST_F(AtomicFileTest, DevicesAndPipesAreNotReplaced) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(ExitCodeOf(AtomicFile::Open(path_).status()), kExitCannotCreate);
  EXPECT_TRUE(std::filesystem::is_fifo(path_));
  EXPECT_THAT(Names(), testing::ElementsAre("out.txt"));
}

TEST_F(AtomicFileTest, AFileThatGrowsTooLargeIsAnIoError) {
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {4096, before.rlim_max};
  auto file = *AtomicFile::Open(path_);
  setrlimit(RLIMIT_FSIZE, &small);
  const absl::Status status = file->Append(std::string(10000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(ExitCodeOf(status), kExitIoError);
  EXPECT_THAT(std::string(status.message()), HasSubstr("out.txt: cannot write: File too large"));
}

TEST_F(AtomicFileTest, SyncFolderOfAMissingFolderIsAnIoError) {
  EXPECT_TRUE(SyncFolderOf(path_).ok());
  EXPECT_TRUE(SyncFolderOf("plain.txt").ok());
  EXPECT_EQ(ExitCodeOf(SyncFolderOf(folder_ + "/none/x")), kExitIoError);
}

}  // namespace
}  // namespace tally
