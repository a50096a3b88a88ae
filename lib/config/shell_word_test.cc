#include "lib/config/shell_word.h"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(ShellWordTest, PlainWordsStayAsTheyAre) { EXPECT_EQ(ShellWord("--out=a/b-1.png"), "--out=a/b-1.png"); }

TEST(ShellWordTest, AllElseIsQuoted) {
  EXPECT_EQ(ShellWord(""), "''");
  EXPECT_EQ(ShellWord("two words"), "'two words'");
  EXPECT_EQ(ShellWord("lengths; echo $HOME"), "'lengths; echo $HOME'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuoted("a"), "'a'");
}

}  // namespace
}  // namespace tally
