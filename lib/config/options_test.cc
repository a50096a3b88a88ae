#include "lib/config/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/config/config_test.pb.h"

namespace tally {
namespace {

using config_test::Defects;
using config_test::Model;
using config_test::Settings;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const google::protobuf::FieldDescriptor& Field(const char* name) { return *Model::descriptor()->FindFieldByName(name); }

TEST(OptionsTest, BothEndsOfARangeAreWithin) {
  Settings settings;
  for (const int size : {1, 100}) {
    settings.mutable_model()->set_hidden_size(size);
    EXPECT_TRUE(CheckRanges(settings, "").ok()) << size;
  }
}

TEST(OptionsTest, ANumberOutOfItsRangeIsNamedWithItsPath) {
  Settings settings;
  settings.mutable_model()->set_hidden_size(101);
  const absl::Status status = CheckRanges(settings, "settings.");
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_EQ(status.message(), "settings.model.hidden_size is 101; expected 1..100");
  EXPECT_EQ(CheckRanges(settings, "--").message(), "--hidden_size=101; expected 1..100");
}

TEST(OptionsTest, WhatIsNoFiniteNumberIsRefused) {
  Settings settings;
  settings.set_rate(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(std::string(CheckRanges(settings, "").message()), HasSubstr("nan; expected 0.."));
  settings.set_rate(std::numeric_limits<double>::infinity());
  EXPECT_EQ(CheckRanges(settings, "").message(), "rate is inf; expected 0..");
  settings.set_rate(1e6);
  EXPECT_TRUE(CheckRanges(settings, "").ok());
}

TEST(OptionsTest, ClearsOnlyWhatMayChangeOnResume) {
  Settings settings;
  settings.set_rate(0.5);
  settings.set_steps(3);
  settings.mutable_model()->set_hidden_size(9);
  ClearWhatMayChangeOnResume(&settings);
  EXPECT_FALSE(settings.has_rate());
  EXPECT_EQ(settings.steps(), 3);
  EXPECT_EQ(settings.model().hidden_size(), 9);
}

TEST(OptionsTest, FieldsAndValuesAreFoundByOldNamesToo) {
  EXPECT_EQ(FindFieldOfAnyAge(*Model::descriptor(), "width"), &Field("hidden_size"));
  EXPECT_EQ(FindFieldOfAnyAge(*Model::descriptor(), "hidden_size"), &Field("hidden_size"));
  EXPECT_EQ(FindFieldOfAnyAge(*Model::descriptor(), "heigth"), nullptr);
  EXPECT_EQ(FindValueOfAnyAge(*config_test::Kind_descriptor(), "ROPE")->number(), config_test::ROTARY);
  EXPECT_EQ(FindValueOfAnyAge(*config_test::Kind_descriptor(), "rope"), nullptr);
}

TEST(OptionsTest, RangesAndDefaultsAsText) {
  EXPECT_EQ(RangeText(Field("hidden_size")), "1..100");
  EXPECT_EQ(RangeText(*Settings::descriptor()->FindFieldByName("rate")), "0..");
  EXPECT_EQ(RangeText(Field("name")), "");
  EXPECT_EQ(DefaultText(Field("hidden_size")), "64");
  EXPECT_EQ(DefaultText(Field("kind")), "PLAIN");
  EXPECT_EQ(DefaultText(Field("lengths")), "");
}

TEST(OptionsTest, FieldsAreVisitedWithTheirPaths) {
  std::vector<std::string> paths;
  VisitFields(*Settings::descriptor(), [&](const std::string& path, const auto&) { paths.push_back(path); });
  EXPECT_THAT(paths, ElementsAre("model", "model.hidden_size", "model.name", "model.kind", "model.lengths",
                                 "model.tasks", "rate", "looped", "others", "steps"));
}

TEST(OptionsTest, DeclarationsWithDefectsAreFound) {
  EXPECT_THAT(OptionDefects(*Defects::descriptor()),
              ElementsAre("helpless: has no help", "low: default of low is 0; expected 1..",
                          "flag: has a range and no numbers", "first: its old name low is that of another field"));
  EXPECT_THAT(OptionDefects(*Settings::descriptor()), Each(HasSubstr("has no help")));
}

}  // namespace
}  // namespace tally
