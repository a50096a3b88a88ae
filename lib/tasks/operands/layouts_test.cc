#include "lib/tasks/operands/layouts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(IndexHintsTest, AreDifferentCharacters) {
  std::set<std::string> hints;
  for (int i = 0; i < kHints; ++i) {
    size_t bytes = 0;
    EXPECT_EQ(HintAt(std::string(HintText(i)) + "7", &bytes), i);
    EXPECT_EQ(bytes, HintText(i).size());
    hints.insert(std::string(HintText(i)));
  }
  EXPECT_EQ(hints.size(), 102);
  size_t bytes = 0;
  for (const char* text : {"", "x", "5", "+", "="}) EXPECT_EQ(HintAt(text, &bytes), -1) << text;
}

TEST(IndexHintsTest, ComeAndGo) {
  EXPECT_EQ(WithHints("123", 0), "A1B2C3");
  EXPECT_EQ(WithHints("12", 101), "ω1A2");
  EXPECT_EQ(*WithoutHints("A1B2+A3=A5B1", "+="), "12+3=51");
  EXPECT_EQ(*WithoutHints("ω1A2-ω3=ω-A1", "-="), "12-3=-1");
}

TEST(IndexHintsTest, BrokenRunsAreRefusedByByte) {
  const auto refusal = [](const char* line) {
    const absl::Status status = WithoutHints(line, "+=").status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << line;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal("12+3=15"), HasSubstr("byte 1: found 1, expected a hint"));
  EXPECT_THAT(refusal("A1C2"), HasSubstr("byte 3: found C, expected the hint B"));
  EXPECT_THAT(refusal("A1+B2"), HasSubstr("byte 4: found B, expected the hint A"));
  EXPECT_THAT(refusal("A1B"), HasSubstr("byte 4: found no digit"));
}

}  // namespace
}  // namespace tally
