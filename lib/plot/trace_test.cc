#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/plot/picture.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<Trace> Read(const std::string& text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/trace.txt");
  EXPECT_TRUE(WriteFile(path, text).ok());
  return ReadTrace(path);
}

TEST(TraceTest, ReadsDigitsAndNumbers) {
  const absl::StatusOr<Trace> trace = Read("2x3=6\n  1  digit 60  carry 10,9\n  2  digit 61  carry 0,12  differs\n");
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->line, "2x3=6");
  ASSERT_EQ(trace->variables.size(), 2);
  EXPECT_EQ(trace->variables[0].name, "digit");
  EXPECT_THAT(trace->variables[0].values, ElementsAre(ElementsAre(6, 0), ElementsAre(6, 1)));
  EXPECT_THAT(trace->variables[1].values, ElementsAre(ElementsAre(10, 9), ElementsAre(0, 12)));
  EXPECT_THAT(trace->differs, ElementsAre(false, true));
}

TEST(TraceTest, OtherLinesAreRefusedByNumber) {
  for (const char* line :
       {"3  digit 60  carry 00", "2  digit 60", "2  digit 60  carry 0", "2  digit 60  carry x0",
        "2  number 60  carry 00", "2  digit 60  carry ", "", "4x4=61", "2  digit 60  carry 00  right"}) {
    const absl::Status status = Read(absl::StrCat("2x3=6\n  1  digit 60  carry 10\n  ", line, "\n")).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << line;
    EXPECT_THAT(std::string(status.message()), HasSubstr(", expected what predict --trace")) << line;
  }
  for (const char* text : {"", "\n", "2x3=6\n", "  1  digit 6\n"}) {
    EXPECT_EQ(ExitCodeOf(Read(text).status()), kExitBadInput) << text;
  }
}

TEST(ShortTitleTest, IsCutBetweenCharacters) {
  const std::string letters(116, 'a');
  EXPECT_EQ(ShortTitle(letters + "αβ"), letters + "αβ");
  EXPECT_EQ(ShortTitle(letters + "αβγ"), letters + "...");
  EXPECT_EQ(ShortTitle(letters + "bαβγ"), letters + "b...");
}

TEST(TraceTest, DrawsPictures) {
  const Trace trace = *Read("2x3=6\n  1  digit 60  carry 00\n  2  digit 61  carry 00  differs\n");
  for (const auto& [ending, start] : {std::pair(".png", "\x89PNG"), {".svg", "<?xml"}}) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/trace", ending);
    const absl::Status status = DrawTrace(trace, "", {}, path);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(*ReadFile(path), StartsWith(start));
  }
}

}  // namespace
}  // namespace tally
