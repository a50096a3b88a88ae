#include "lib/problems/arrow_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"
#include "lib/problems/arrow_for_test.h"
#include "lib/problems/memory_source_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::string> Lines(const std::string& arrow, const std::string& vocabulary = "pad") {
  const Vocabulary known = *Vocabulary::ByName(vocabulary);
  return ReadAll(*ReadArrowLines(std::make_unique<MemorySource>(arrow), "x.arrow", known), /*size=*/5);
}

TEST(ArrowLinesTest, RowsAreLines) { EXPECT_EQ(*Lines(ArrowForTest()), "12+3=42\n1 + 1=2\n9+9=81\n"); }

// The format of files has a mark before the stream, and after it what tells where its parts are.
TEST(ArrowLinesTest, AFileHoldsAStream) {
  EXPECT_EQ(*Lines(std::string("ARROW1\0\0", 8) + ArrowForTest() + "its footer"), "12+3=42\n1 + 1=2\n9+9=81\n");
}

TEST(ArrowLinesTest, CutAnywhereItIsTorn) {
  const std::string arrow = ArrowForTest();
  for (size_t length = 0; length < arrow.size(); ++length) {
    const absl::Status status = Lines(arrow.substr(0, length)).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << length;
    EXPECT_THAT(status.message(), HasSubstr("truncated")) << length;
  }
}

// Whatever a damaged file says, it is read or refused.
TEST(ArrowLinesTest, AnyDamagedByteIsReadOrRefused) {
  const std::string arrow = ArrowForTest();
  int refused = 0;
  for (size_t place = 0; place < arrow.size(); ++place) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string damaged = arrow;
      damaged[place] = static_cast<char>(damaged[place] ^ change);
      const absl::Status status = Lines(damaged).status();
      if (status.ok()) continue;
      EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << place;
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(ArrowLinesTest, RefusesIdsThatAreNoLine) {
  std::string arrow = ArrowForTest();
  const size_t plus = arrow.find(std::string("\x0e\0\0\0\0\0\0\0", 8));  // the + of the first row
  arrow[plus] = 19;
  EXPECT_EQ(Lines(arrow).status().message(),
            "x.arrow:1: found the id 19 at place 3, expected a character of the vocabulary pad");
  EXPECT_TRUE(Lines(arrow, "index").ok());
  arrow[plus] = kEndId;
  EXPECT_THAT(Lines(arrow).status().message(), HasSubstr("x.arrow:1: found the id 7 at place 4, expected PAD"));
  arrow[plus + 7] = 1;
  EXPECT_THAT(Lines(arrow).status().message(), HasSubstr("found the id 72057594037927939 at place 3"));
  arrow = ArrowForTest();
  arrow[arrow.find(std::string("\3\0\0\0\0\0\0\0", 8))] = 4;
  EXPECT_THAT(Lines(arrow).status().message(), HasSubstr("x.arrow:1: found no EOS"));
}

// A thousand fields could share one name of 64 MB, and each would have a copy of it.
TEST(ArrowLinesTest, RefusesLongNames) {
  std::string arrow = ArrowForTest();
  const size_t length = arrow.find("input_ids") - 4;
  const std::string name(2000, 'n');
  arrow.replace(length, 4, std::string("\xd0\x07\0\0", 4));
  arrow.insert(length + 4, name);
  arrow.replace(4, 4, std::string("\x80\x08\0\0", 4));  // the schema's bytes: 0xb0 and these
  EXPECT_EQ(Lines(arrow).status().message(), "x.arrow: byte 2185: found no Arrow schema before this, expected one");
}

TEST(ArrowLinesTest, RefusesOtherColumnsByName) {
  std::string arrow = ArrowForTest();
  arrow[arrow.find("input_ids")] = 'o';
  EXPECT_EQ(Lines(arrow).status().message(),
            "x.arrow: found the columns onput_ids, expected input_ids, lists of integers, or text, both without a "
            "dictionary");
  EXPECT_THAT(Lines("12+3=42\n1+1=2\n").status().message(), HasSubstr("found no message of an Arrow stream"));
}

}  // namespace
}  // namespace tally
