#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

std::string TempFile(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  EXPECT_TRUE(WriteFile(path, text).ok());
  return path;
}

constexpr char kLines[] =
    "{\"histogram\":\"token\",\"id\":3,\"token\":\"[EOS]\",\"count\":4}\n"
    "{\"histogram\":\"token\",\"id\":5,\"token\":\"-\",\"count\":0}\n"
    "{\"histogram\":\"token\",\"id\":7,\"token\":\"'\",\"count\":1}\n"
    "{\"histogram\":\"token\",\"id\":8,\"token\":\"%\",\"count\":2}\n"
    "{\"histogram\":\"token\",\"id\":17,\"token\":\"=\",\"count\":4}\n"
    "{\"histogram\":\"row_length\",\"tokens\":7,\"count\":4}\n"
    "{\"histogram\":\"operand_lengths\",\"first\":1,\"second\":2,\"count\":3}\n"
    "{\"histogram\":\"operand_lengths\",\"first\":3,\"second\":1,\"count\":1}\n";

TEST(HistogramsTest, ReadsAndAddsFiles) {
  const std::string file = TempFile("a.jsonl", kLines);
  const absl::StatusOr<Histograms> read = ReadHistograms({file, file});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->tokens, ElementsAre(Pair("[EOS]", 8), Pair("'", 2), Pair("%", 4), Pair("=", 8)));
  EXPECT_THAT(read->row_lengths, ElementsAre(Pair(7, 8)));
  EXPECT_THAT(read->operand_lengths, ElementsAre(Pair(Pair(1, 2), 6), Pair(Pair(3, 1), 2)));
}

// Vocabularies differ: id 5 is "-" of one file and "D" of the other, which has its "%" at another place.
TEST(HistogramsTest, TokensAreToldApartByTheirText) {
  const std::string file = TempFile("a.jsonl", kLines);
  const std::string other = TempFile("other.jsonl",
                                     "{\"histogram\":\"token\",\"id\":5,\"token\":\"D\",\"count\":7}\n"
                                     "{\"histogram\":\"token\",\"id\":7,\"token\":\"%\",\"count\":1}\n");
  const absl::StatusOr<Histograms> read = ReadHistograms({file, other});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->tokens, ElementsAre(Pair("[EOS]", 4), Pair("D", 7), Pair("%", 3), Pair("'", 1), Pair("=", 4)));
}

TEST(HistogramsTest, OtherLinesAreRefusedByNumber) {
  for (const char* line :
       {"{}", "x", "{\"histogram\":\"token\",\"id\":1,\"count\":2}",
        "{\"histogram\":\"row_length\",\"tokens\":-1,\"count\":2}",
        "{\"histogram\":\"row_length\",\"tokens\":1,\"count\":200000000000000000}", "{\"histogram\":7}"}) {
    const absl::Status status = ReadHistograms({TempFile("b.jsonl", absl::StrCat(kLines, line, "\n"))}).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << line;
    EXPECT_THAT(std::string(status.message()), HasSubstr("b.jsonl:9: expected a line written by tokenize"));
  }
  EXPECT_EQ(ExitCodeOf(ReadHistograms({TempFile("c.jsonl", "")}).status()), kExitBadInput);
}

TEST(HistogramsTest, WithoutAFolderForTemporaryFilesThereIsNoPicture) {
  const Histograms histograms = *ReadHistograms({TempFile("a.jsonl", kLines)});
  const std::string path = absl::StrCat(::testing::TempDir(), "/none.png");
  setenv("TMPDIR", "/not/there", /*overwrite=*/1);
  const absl::Status status = DrawHistograms(histograms, "", {}, path);
  unsetenv("TMPDIR");
  EXPECT_EQ(ExitCodeOf(status), kExitCannotCreate) << status;
}

TEST(HistogramsTest, DrawsPictures) {
  const Histograms histograms = *ReadHistograms({TempFile("a.jsonl", kLines)});
  for (const auto& [ending, start] : {std::pair(".png", "\x89PNG"), {".svg", "<?xml"}}) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/picture", ending);
    const absl::Status status = DrawHistograms(histograms, "", {}, path);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(*ReadFile(path), StartsWith(start));
  }
  EXPECT_EQ(ExitCodeOf(DrawHistograms(histograms, "", {}, "picture.gif")), kExitUsage);
}

}  // namespace
}  // namespace tally
