#include "lib/checkpoint/checkpoint_folders.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tally {
namespace {

namespace fs = std::filesystem;

// A checkpoint folder at `path` that is whole.
void MakeCheckpoint(const fs::path& path) {
  fs::create_directories(path);
  std::ofstream(path / "DONE") << "step 1\n";
}

// Of a checkpoint that is a link to a folder elsewhere, the link goes and the folder stays as it is.
TEST(CheckpointFoldersTest, NothingIsRemovedBehindALink) {
  const fs::path test = fs::path(::testing::TempDir()) / "links", checkpoints = test / "run" / "checkpoints";
  fs::remove_all(test);
  MakeCheckpoint(test / "elsewhere");
  MakeCheckpoint(checkpoints / "step_00000002");
  fs::create_directory_symlink(test / "elsewhere", checkpoints / "step_00000001");
  fs::create_directory_symlink(test / "elsewhere", checkpoints / ".step_00000003.tmp");
  ASSERT_TRUE(RemoveOldCheckpoints((test / "run").string(), {.last = 1}).ok());
  ASSERT_TRUE(RemoveUnfinished((test / "run").string()).ok());
  EXPECT_TRUE(fs::exists(test / "elsewhere" / "DONE"));
  EXPECT_FALSE(fs::is_symlink(checkpoints / "step_00000001"));
  EXPECT_FALSE(fs::is_symlink(checkpoints / ".step_00000003.tmp"));
  EXPECT_TRUE(fs::exists(checkpoints / "step_00000002" / "DONE"));
}

}  // namespace
}  // namespace tally
