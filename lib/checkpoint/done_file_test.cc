#include "lib/checkpoint/done_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(HashLineTest, IsOfTheLinesAbove) {
  // The hash of no bytes as xxh3sum prints it.
  EXPECT_EQ(WithHashLine(""), "# xxh3 2d06800538d394c2 of the lines above\n");
  EXPECT_EQ(CheckHashLine(WithHashLine("")), HashLine::kRight);
  EXPECT_EQ(CheckHashLine(WithHashLine("a: 1\nb: 2\n")), HashLine::kRight);
  EXPECT_EQ(CheckHashLine("a: 3\n" + WithHashLine("")), HashLine::kWrong);
  EXPECT_EQ(CheckHashLine("a: 1\nb: 2\n"), HashLine::kNone);
  EXPECT_EQ(CheckHashLine(""), HashLine::kNone);
  EXPECT_EQ(CheckHashLine(WithHashLine("a: 1\n") + "b: 2\n"), HashLine::kNone);
}

TEST(HashLineTest, NoChangedByteIsRight) {
  const std::string text = WithHashLine("model {\n  hidden_size: 64\n}\n");
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] ^= 1;
    EXPECT_NE(CheckHashLine(changed), HashLine::kRight) << i;
  }
}

class DoneFileTest : public ::testing::Test {
 protected:
  DoneFileTest() : folder_(absl::StrCat(::testing::TempDir(), "/done_file")) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    Write("config.json", "{}\n");
    Write("model.safetensors", std::string(100000, 'm'));
    fs::create_symlink("config.json", folder_ + "/model_config.json");
    EXPECT_TRUE(WriteDoneFile(folder_, 12).ok());
  }

  void Write(const std::string& name, absl::string_view bytes) {
    ASSERT_TRUE(WriteFile(absl::StrCat(folder_, "/", name), bytes).ok());
  }
  absl::Status Check() const { return CheckDoneFile(folder_, {"config.json", "model.safetensors", "tokenizer.json"}); }

  const std::string folder_;
};

TEST_F(DoneFileTest, ListsTheFilesBesideIt) {
  EXPECT_THAT(*ReadFile(folder_ + "/DONE"), MatchesRegex("step 12\n[0-9a-f]{16} 3 config.json\n"
                                                         "[0-9a-f]{16} 100000 model.safetensors\n"
                                                         "# xxh3 [0-9a-f]{16} of the lines above\n"));
  EXPECT_TRUE(Check().ok());
}

TEST_F(DoneFileTest, AChangedFileIsNamed) {
  for (const char* bytes : {"[]\n", "{}\n\n", ""}) {
    Write("config.json", bytes);
    const absl::Status status = Check();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << bytes;
    EXPECT_THAT(std::string(status.message()), HasSubstr("/config.json: found xxh3 and size "));
    EXPECT_THAT(std::string(status.message()), HasSubstr("--accept_edits takes it as it is"));
  }
  EXPECT_TRUE(CheckDoneFile(folder_, {"model.safetensors"}).ok()) << "other files are not asked for";
}

TEST_F(DoneFileTest, AMissingFileIsNamed) {
  fs::remove(folder_ + "/model.safetensors");
  const absl::Status status = Check();
  EXPECT_EQ(ExitCodeOf(status), kExitMissingInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("model.safetensors"));
}

TEST_F(DoneFileTest, EveryChangedByteOfDoneIsNoticed) {
  const std::string done = *ReadFile(folder_ + "/DONE");
  for (size_t i = 0; i < done.size(); ++i) {
    std::string changed = done;
    changed[i] ^= 1;
    std::ofstream(folder_ + "/DONE", std::ios::binary) << changed;
    EXPECT_EQ(ExitCodeOf(Check()), kExitBadInput) << "byte " << i;
  }
}

TEST_F(DoneFileTest, OlderOnesSayNothingOfFiles) {
  Write("config.json", "changed");
  for (const char* done : {"", "step 12\n"}) {
    Write("DONE", done);
    EXPECT_TRUE(Check().ok()) << done;
  }
  fs::remove(folder_ + "/DONE");
  EXPECT_TRUE(Check().ok());
}

}  // namespace
}  // namespace tally
