#include "lib/checkpoint/checkpoint_folders.h"

#include <gmock/gmock.h>
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

class LatestTest : public ::testing::Test {
 protected:
  LatestTest() : run_(fs::path(::testing::TempDir()) / "latest_test") {
    fs::remove_all(run_);
    for (const int64_t step : {1000, 2000}) {
      const std::string folder = *NewCheckpointFolder(run_.string(), step);
      std::ofstream(folder + "/model.safetensors") << "m";
      EXPECT_TRUE(PublishCheckpoint(run_.string(), step).ok());
    }
  }

  fs::path At(const char* name) const { return run_ / "checkpoints" / name; }

  // The name of the folder that the run means, or the message.
  std::string Found() const {
    const absl::StatusOr<std::string> found = FindCheckpoint(run_.string());
    return found.ok() ? fs::path(*found).filename().string() : std::string(found.status().message());
  }

  const fs::path run_;
};

TEST_F(LatestTest, IsTheOneOfTheMostStepsWhereTheLinkIsLost) {
  EXPECT_EQ(Found(), "step_00002000");
  fs::remove(At("latest"));
  EXPECT_EQ(Found(), "step_00002000");
}

TEST_F(LatestTest, IsAnEarlierOneWhereTheNewestIsGone) {
  fs::remove_all(At("step_00002000"));
  EXPECT_EQ(Found(), "step_00001000");
}

TEST_F(LatestTest, IsAnEarlierOneWhereTheNewestIsNotWhole) {
  fs::remove(At("step_00002000") / "DONE");
  EXPECT_EQ(Found(), "step_00001000");
  ASSERT_TRUE(RemoveUnfinished(run_.string()).ok());
  EXPECT_FALSE(fs::exists(At("step_00002000")));
  EXPECT_EQ(Found(), "step_00001000");
}

TEST_F(LatestTest, DamagedAndAloneItIsNeitherOpenedNorRemoved) {
  fs::remove_all(At("step_00001000"));
  fs::remove(At("step_00002000") / "DONE");
  ASSERT_TRUE(RemoveUnfinished(run_.string()).ok());
  EXPECT_TRUE(*HasCheckpoint(run_.string()));
  EXPECT_THAT(Found(), ::testing::EndsWith("no DONE: the checkpoint was not written to its end"));
  fs::remove_all(At("step_00002000"));
  EXPECT_TRUE(*HasCheckpoint(run_.string()));
  EXPECT_THAT(Found(), ::testing::HasSubstr("latest: points to step_00002000, which is not there"));
  fs::remove(At("latest"));
  EXPECT_FALSE(*HasCheckpoint(run_.string()));
}

// A process that was killed before it set the link leaves a whole checkpoint of later steps.
TEST_F(LatestTest, StaysWhereOthersHaveMoreSteps) {
  fs::remove(At("latest"));
  fs::create_directory_symlink("step_00001000", At("latest"));
  ASSERT_TRUE(RemoveOldCheckpoints(run_.string(), {.last = 1}).ok());
  EXPECT_EQ(Found(), "step_00001000");
  EXPECT_TRUE(fs::exists(At("step_00002000")));
}

// Names that are not exactly a checkpoint's are somebody else's.
TEST_F(LatestTest, OtherNamesAreLeftAlone) {
  fs::create_directories(At("step_1000_onnx"));
  fs::create_directories(At("step_3000"));
  std::ofstream(At("step_notes.txt")) << "x";
  ASSERT_TRUE(RemoveUnfinished(run_.string()).ok());
  ASSERT_TRUE(RemoveOldCheckpoints(run_.string(), {.last = 1}).ok());
  for (const char* name : {"step_1000_onnx", "step_3000", "step_notes.txt"}) EXPECT_TRUE(fs::exists(At(name))) << name;
  EXPECT_FALSE(fs::exists(At("step_00001000")));
}

}  // namespace
}  // namespace tally
