#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kTokens[] = R"(["1","+","%"])";

std::string Path(const std::string& name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// A file with a tensor of `values`.
std::string FileWith(const std::string& name, const std::string& tensor, const std::vector<int64_t>& shape,
                     const std::vector<float>& values, const std::string& tokens = kTokens) {
  const absl::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  EXPECT_TRUE(
      WriteSafetensors(Path(name), {{tensor, {DType::kF32, shape, bytes}}}, {{"tokens", tokens}, {"line", "1+%"}})
          .ok());
  return Path(name);
}

// Two recurrences of one head on three tokens.
const std::vector<float> kWeights = {1, 0, 0, 0.4F, 0.6F, 0, 0.1F, 0.2F, 0.7F,
                                     1, 0, 0, 0.9F, 0.1F, 0, 0.1F, 0.8F, 0.1F};

std::string Text(const std::function<absl::Status()>& draw) {
  ::testing::internal::CaptureStdout();
  EXPECT_TRUE(draw().ok());
  return ::testing::internal::GetCapturedStdout();
}

TEST(InsideTest, AttentionAsTextIsTheStrongestKey) {
  const absl::StatusOr<TokenTensor> attention = ReadAttention(FileWith("a", "attention", {2, 1, 1, 3, 3}, kWeights));
  ASSERT_TRUE(attention.ok()) << attention.status();
  const std::string text = Text([&] { return DrawAttention(*attention, "", {0, 0}, "-"); });
  EXPECT_THAT(text, HasSubstr("head 1, recurrence 1             1 + %\n"));
  EXPECT_THAT(text, HasSubstr("head 1, recurrence 2             1 1 +\n"));
}

// Norms 5 and 10, one direction; then 2, across.
TEST(InsideTest, StatesAsTextAreNormsAndCosines) {
  const absl::StatusOr<TokenTensor> states =
      ReadHiddenStates(FileWith("h", "hidden_states", {3, 1, 2}, {3, 4, 6, 8, -1.6F, 1.2F}, R"(["1"])"));
  ASSERT_TRUE(states.ok()) << states.status();
  const std::string text = Text([&] { return DrawHiddenStates(*states, "", {}, "-"); });
  EXPECT_THAT(text, HasSubstr("         1           5             -\n"));
  EXPECT_THAT(text, HasSubstr("         2          10        1.0000\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("         3           2  *-?0.0000\n"));
}

TEST(InsideTest, DrawsPictures) {
  const TokenTensor attention = *ReadAttention(FileWith("a", "attention", {2, 1, 1, 3, 3}, kWeights));
  const TokenTensor states = *ReadHiddenStates(FileWith("h", "hidden_states", {2, 3, 3}, kWeights));
  for (const auto& [ending, start] : {std::pair(".png", "\x89PNG"), {".svg", "<?xml"}}) {
    const std::string path = Path(absl::StrCat("inside", ending));
    absl::Status status = DrawAttention(attention, "", {0, 0}, path);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(*ReadFile(path), StartsWith(start));
    status = DrawHiddenStates(states, "", {}, path);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(*ReadFile(path), StartsWith(start));
  }
}

TEST(InsideTest, OtherFilesAreRefused) {
  const std::vector<std::string> files = {
      FileWith("1", "attention", {2, 1, 1, 3, 3}, kWeights, "[1,2,3]"),       // tokens are no texts
      FileWith("2", "attention", {2, 1, 1, 3, 3}, kWeights, R"(["1","+"])"),  // other tokens
      FileWith("3", "attention", {2, 9}, kWeights),                           // other axes
      FileWith("4", "weights", {2, 1, 1, 3, 3}, kWeights),                    // another tensor
      FileWith("5", "attention", {0, 1, 1, 3, 3}, {}),                        // nothing
  };
  for (const std::string& file : files) {
    EXPECT_EQ(ExitCodeOf(ReadAttention(file).status()), kExitBadInput) << file;
  }
  EXPECT_TRUE(WriteSafetensors(Path("6"), {}, {}).ok());
  EXPECT_THAT(std::string(ReadAttention(Path("6")).status().message()), HasSubstr("expected a file of predict"));
  EXPECT_EQ(ExitCodeOf(ReadAttention(Path("none")).status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally
