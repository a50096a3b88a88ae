#include "lib/config/list_flag.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Parsed(absl::string_view text) {
  ListFlag flag = {{"left over"}};
  std::string error;
  EXPECT_TRUE(AbslParseFlag(text, &flag, &error));
  return flag.values;
}

TEST(ListFlagTest, OneTextIsOneValueWithItsCommas) { EXPECT_THAT(Parsed("a=[1,2]"), ElementsAre("a=[1,2]")); }

TEST(ListFlagTest, NoTextIsNoValue) { EXPECT_THAT(Parsed(""), IsEmpty()); }

TEST(ListFlagTest, UnparsedListsAreReadBack) {
  const std::vector<std::vector<std::string>> lists = {{}, {""}, {"a"}, {"a", "b,c"}, {"", "two\nlines", ""}};
  for (const std::vector<std::string>& values : lists) EXPECT_EQ(Parsed(AbslUnparseFlag({values})), values);
}

}  // namespace
}  // namespace tally
