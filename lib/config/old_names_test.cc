#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "lib/config/config_test.pb.h"
#include "lib/config/options.h"

namespace tally {
namespace {

using config_test::Settings;

std::string Replace(const std::string& text, std::vector<OldName>* found) {
  return ReplaceOldNames(text, *Settings::descriptor(), found);
}

std::string Replace(const std::string& text) {
  std::vector<OldName> found;
  return Replace(text, &found);
}

TEST(OldNamesTest, FieldsAndValuesGetTheirNewNames) {
  EXPECT_EQ(Replace("model { width: 8 kind: TURNING }"), "model { hidden_size: 8 kind: ROTARY }");
  EXPECT_EQ(Replace("net { sizes: [1, 2] width: 3 }"), "model { lengths: [1, 2] hidden_size: 3 }");
  EXPECT_EQ(Replace("others: [{ width: 1 }, < width: 2 >] net: { width: 3 }"),
            "others: [{ hidden_size: 1 }, < hidden_size: 2 >] model: { hidden_size: 3 }");
}

TEST(OldNamesTest, OnlyWhereTheyNameThatField) {
  for (const char* text :
       {"width: 3", "model { kind: width }", "model { name: 'width: 1' tasks: [\"net\", \"width\"] }",
        "# net\nmodel { hidden_size: 8 }", "unknown { width: 3 } rate: -1 looped: true",
        "model { name: 'a' \"b\" kind: ROTARY }", "", "\"", "}}] net", "model { kind: TURNING2 }"}) {
    EXPECT_EQ(Replace(text), std::string(text) == "}}] net" ? "}}] model" : text);
  }
}

TEST(OldNamesTest, WhatWasFoundIsToldWithItsLine) {
  std::vector<OldName> found;
  EXPECT_EQ(Replace("steps: 1\n\tmodel {\n\t\twidth: 8\tkind: ROPE }\n", &found),
            "steps: 1\n\tmodel {\n\t\thidden_size: 8\tkind: ROTARY }\n");
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].line, 3);
  EXPECT_EQ(OldNameNotice(found[0]), "width is now hidden_size");
  EXPECT_EQ(OldNameNotice(found[1]), "ROPE is now ROTARY");
}

TEST(OldNamesTest, TheResultIsReadByTheParser) {
  Settings settings;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      Replace("steps: 2 net { width: 5, sizes: 1; sizes: 2 name: \"x\" kind: TURNING } rate: -inf"), &settings));
  EXPECT_EQ(settings.model().hidden_size(), 5);
  EXPECT_EQ(settings.model().lengths_size(), 2);
  EXPECT_EQ(settings.model().kind(), config_test::ROTARY);
}

}  // namespace
}  // namespace tally
