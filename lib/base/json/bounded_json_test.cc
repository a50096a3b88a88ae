#include "lib/base/json/bounded_json.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

std::string Nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(BoundedJsonTest, ParsesWhatIsWithinTheLimits) {
  EXPECT_EQ(ParseJson(R"({"a":[1,{"b":"]}[{\"\\"}]})")["a"][1]["b"], "]}[{\"\\");
  EXPECT_TRUE(ParseJson(Nested(kMaxJsonDepth)).is_array());
  EXPECT_TRUE(ParseJson("[" + std::string(10000, ' ') + "\"" + std::string(10000, '[') + "\"]").is_array());
  EXPECT_EQ(ParseJson<nlohmann::ordered_json>(R"({"b":1,"a":2})").begin().key(), "b");
}

TEST(BoundedJsonTest, WhatIsBeyondThemIsOfNoKind) {
  EXPECT_TRUE(ParseJson(Nested(kMaxJsonDepth + 1)).is_discarded());
  EXPECT_TRUE(ParseJson(Nested(1'000'000)).is_discarded());
  EXPECT_TRUE(ParseJson("\"\\\"" + Nested(kMaxJsonDepth + 1)).is_discarded());
  std::string keys = "{\"key\":0";
  for (int i = 1; i < kMaxJsonKeys; ++i) absl::StrAppend(&keys, ",\"", i, ":::\":0");
  EXPECT_TRUE(ParseJson(keys + "}").is_object());
  EXPECT_TRUE(ParseJson(keys + ",\"one more\":0}").is_discarded());
  EXPECT_TRUE(ParseJson("[" + std::string(kMaxJsonBytes, ' ') + "]").is_discarded());
  EXPECT_TRUE(ParseJson(absl::string_view("[1]\0x", 5)).is_discarded());
  for (const char* bad : {"", "[", "]", "{\"a\":}", "1e999", "\"\\", "\"\xff\""}) {
    EXPECT_TRUE(ParseJson(bad).is_discarded()) << bad;
  }
}

TEST(BoundedJsonTest, ValuesInMessagesAreShort) {
  EXPECT_EQ(ShortJson(ParseJson(R"({"a":["é\n",1.5]})")), R"({"a":["\u00e9\n",1.5]})");
  EXPECT_EQ(ShortJson(nlohmann::json(std::string(1000, 'x'))).size(), 63u);
}

TEST(BoundedJsonTest, WholeNumbersBeyond63BitsAreNone) {
  EXPECT_TRUE(IsInt64(ParseJson("9223372036854775807")));
  EXPECT_TRUE(IsInt64(ParseJson("-9223372036854775808")));
  EXPECT_FALSE(IsInt64(ParseJson("9223372036854775808")));
  EXPECT_FALSE(IsInt64(ParseJson("1.0")));
}

}  // namespace
}  // namespace tally
