#include "lib/base/nearest.h"

#include "gtest/gtest.h"

namespace tally {
namespace {

const std::vector<std::string> kNames = {"max_digits", "count", "seed", "shard", "task"};

TEST(NearestTest, FindsNamesWithOneEdit) {
  EXPECT_EQ(NearestName("cuont", kNames), "count");  // swap
  EXPECT_EQ(NearestName("coun", kNames), "count");   // deletion
  EXPECT_EQ(NearestName("tasks", kNames), "task");   // insertion
  EXPECT_EQ(NearestName("shart", kNames), "shard");  // substitution
  EXPECT_EQ(NearestName("maxdigits", kNames), "max_digits");
}

TEST(NearestTest, ASwapIsNearerThanTwoEdits) { EXPECT_EQ(NearestName("ab", {"xy", "a", "ba"}), "a"); }

TEST(NearestTest, AnExactNameWins) { EXPECT_EQ(NearestName("seed", {"seeds", "seed"}), "seed"); }

TEST(NearestTest, TheFirstOfEquallyNearNamesWins) { EXPECT_EQ(NearestName("cat", {"bat", "rat"}), "bat"); }

TEST(NearestTest, FarNamesAreNotOffered) {
  EXPECT_EQ(NearestName("recurrences", kNames), "");
  EXPECT_EQ(NearestName("abcd", {"abxy"}), "abxy");  // 2 = (4 + 1) / 2
  EXPECT_EQ(NearestName("abcd", {"axyz"}), "");      // 3
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName("seed", {}), "");
}

// The distance to a name that is longer than any candidate takes no time.
TEST(NearestTest, LongNamesAreFar) { EXPECT_EQ(NearestName(std::string(100'000'000, 'x'), kNames), ""); }

TEST(QuoteTest, FoundTextIsPrintableAndShort) {
  EXPECT_EQ(Quote("a\"\n\xff"), R"("a\"\n\xff")");
  EXPECT_EQ(Quote(std::string(61, 'a')), "\"" + std::string(60, 'a') + "...\"");
}

TEST(NearestTest, DidYouMeanIsAClauseOrNothing) {
  EXPECT_EQ(DidYouMean("tsak", kNames), "; did you mean task?");
  EXPECT_EQ(DidYouMean("zzzzzzzz", kNames), "");
}

}  // namespace
}  // namespace tally
