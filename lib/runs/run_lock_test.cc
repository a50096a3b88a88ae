#include "lib/runs/run_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string NewRun(const char* name) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/locks/", name);
  fs::remove_all(fs::path(run).parent_path());
  return run;
}

TEST(RunLockTest, AnotherIsRefusedWithTheHoldersName) {
  const std::string run = NewRun("held");
  const auto lock = RunLock::Take(run);
  ASSERT_TRUE(lock.ok()) << lock.status();
  const auto second = RunLock::Take(run);
  EXPECT_EQ(ExitCodeOf(second.status()), kExitCannotCreate);
  char host[256] = "";
  ASSERT_EQ(gethostname(host, sizeof(host)), 0);
  EXPECT_EQ(second.status().message(),
            absl::StrCat(run, ": another process trains this run, process ", getpid(), " on ", host));
}

// A report that looks holds a shared lock for a moment.
TEST(RunLockTest, WhoLooksDoesNotHoldARunUp) {
  const std::string run = NewRun("looked_at");
  fs::create_directories(run);
  const int fd = open(run.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(fd, LOCK_SH), 0);
  std::thread looks([fd] {
    absl::SleepFor(absl::Milliseconds(30));
    close(fd);
  });
  EXPECT_TRUE(RunLock::Take(run).ok());
  looks.join();
}

TEST(RunLockTest, TheNameGoesWithTheLock) {
  const std::string run = NewRun("freed");
  { ASSERT_TRUE(RunLock::Take(run).ok()); }
  EXPECT_FALSE(fs::exists(run + "/holder.txt"));
  EXPECT_TRUE(RunLock::Take(run).ok());
}

// What a killed process, or a copy of the folder, has left holds nobody up where there are locks.
TEST(RunLockTest, AnOldNameIsNoLock) {
  const std::string run = NewRun("old");
  fs::create_directories(run);
  for (const char* text : {"host elsewhere process 1 started 1 folder 1\n", "no name\n", ""}) {
    ASSERT_TRUE(WriteFile(run + "/holder.txt", text).ok());
    EXPECT_TRUE(RunLock::Take(run).ok()) << text;
  }
}

TEST(RunLockTest, AMovedFolderIsFound) {
  const std::string run = NewRun("here"), moved = run + "_moved";
  const auto lock = RunLock::Take(run);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ((*lock)->Place().value(), run);
  fs::rename(run, moved);
  EXPECT_EQ(fs::path((*lock)->Place().value()), fs::canonical(moved));
  fs::create_directories(run);  // a stranger's
  EXPECT_EQ(fs::path((*lock)->Place().value()), fs::canonical(moved));
  fs::remove_all(run);
  fs::create_symlink(run, run);  // to itself: a disk that does not answer says as little
  EXPECT_EQ(ExitCodeOf((*lock)->Place().status()), kExitIoError);
  fs::remove(run);
  fs::create_directories(run);
  fs::remove_all(moved);
  EXPECT_EQ(ExitCodeOf((*lock)->Place().status()), kExitCannotCreate);
  EXPECT_THAT((*lock)->Place().status().message(), HasSubstr("another folder has taken its place"));
}

}  // namespace
}  // namespace tally
