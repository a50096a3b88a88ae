#include "lib/config/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/config/config_test.pb.h"

namespace tally {
namespace {

using config_test::Settings;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void ExpectUsageError(const absl::Status& status, const std::string& part) {
  EXPECT_EQ(ExitCodeOf(status), kExitUsage) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  EXPECT_EQ(status.message().find('\n'), absl::string_view::npos);
}

TEST(ConfigTest, LaterTextWinsAndRepeatedFieldsGrow) {
  Settings settings;
  ASSERT_TRUE(MergeConfigText("steps: 10 model { hidden_size: 8 lengths: [1, 2] }", "a", &settings).ok());
  ASSERT_TRUE(MergeConfigText("model { hidden_size: 16 lengths: 3 }  # comment", "b", &settings).ok());
  EXPECT_EQ(settings.steps(), 10);
  EXPECT_EQ(settings.model().hidden_size(), 16);
  EXPECT_THAT(settings.model().lengths(), ElementsAre(1, 2, 3));
}

TEST(ConfigTest, AnErrorNamesPlaceAndNearestField) {
  Settings settings;
  ExpectUsageError(MergeConfigText("steps: 1\nmodel {\n  hiden_size: 3\n}\n", "a.textproto", &settings),
                   "has no field named \"hiden_size\"; did you mean hidden_size?");
  EXPECT_THAT(
      std::string(MergeConfigText("steps: 1\nmodel {\n  hiden_size: 3\n}\n", "a.textproto", &settings).message()),
      StartsWith("a.textproto:3:"));
  ExpectUsageError(MergeConfigText("modle { }", "a.textproto", &settings), "did you mean model?");
  ExpectUsageError(MergeConfigText("steps: 1 steps: many", "a.textproto", &settings), "a.textproto:1:17: ");
}

TEST(ConfigTest, AnUnknownEnumValueNamesTheNearest) {
  Settings settings;
  ExpectUsageError(MergeConfigText("model { kind: ROTRAY }", "a", &settings), "did you mean ROTARY?");
  ExpectUsageError(SetConfigField("model.kind=PLIAN", &settings), "did you mean PLAIN?");
  ExpectUsageError(SetConfigField("model.kind=rotray", &settings), "expected PLAIN, ROTARY; did you mean ROTARY?");
}

TEST(ConfigTest, ValuesOfSeveralFieldsOfOneNameAreNearest) {
  config_test::Kinds kinds;
  const absl::Status status = MergeConfigText("head { kind: SQUAR }", "a", &kinds);
  ExpectUsageError(status, "did you mean SQUARE?");
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("expected PLAIN")));
  ExpectUsageError(MergeConfigText("model { kind: ROTRAY }", "a", &kinds), "did you mean ROTARY?");
}

TEST(ConfigTest, AnAssignmentMayWriteEnumValuesInSmallLetters) {
  Settings settings;
  ASSERT_TRUE(SetConfigField("model.kind=rotary", &settings).ok());
  EXPECT_EQ(settings.model().kind(), config_test::ROTARY);
}

TEST(ConfigTest, AnErrorLeavesTheConfigurationAsItWas) {
  Settings settings;
  ASSERT_TRUE(MergeConfigText("steps: 5", "a", &settings).ok());
  ExpectUsageError(MergeConfigText("steps: 6 rate: fast", "b", &settings), "b:1:");
  ExpectUsageError(SetConfigField("model.hidden_size=big", &settings), "big");
  EXPECT_EQ(settings.steps(), 5);
  EXPECT_FALSE(settings.has_model());
}

TEST(ConfigTest, ReadsFiles) {
  const std::string path = testing::TempDir() + "/config_test.textproto";
  ASSERT_TRUE(WriteFile(path, "steps: 12\nrate: x\n").ok());
  Settings settings;
  ExpectUsageError(MergeConfigFile(path, &settings), path + ":2:7: ");
  ASSERT_TRUE(WriteFile(path, "steps: 12\n").ok());
  ASSERT_TRUE(MergeConfigFile(path, &settings).ok());
  EXPECT_EQ(settings.steps(), 12);
  EXPECT_EQ(ExitCodeOf(MergeConfigFile(path + ".none", &settings)), kExitMissingInput);
}

TEST(ConfigTest, SetsFieldsOfEachType) {
  Settings settings;
  for (const char* assignment :
       {"model.hidden_size=128", "rate=1e-3", "looped=true", "model.kind=ROTARY", "steps=-4", "model.name=small one"}) {
    EXPECT_TRUE(SetConfigField(assignment, &settings).ok()) << assignment;
  }
  EXPECT_EQ(settings.model().hidden_size(), 128);
  EXPECT_EQ(settings.rate(), 1e-3);
  EXPECT_TRUE(settings.looped());
  EXPECT_EQ(settings.model().kind(), config_test::ROTARY);
  EXPECT_EQ(settings.steps(), -4);
  EXPECT_EQ(settings.model().name(), "small one");
}

TEST(ConfigTest, StringsMayBeBareQuotedOrEmpty) {
  Settings settings;
  ASSERT_TRUE(SetConfigField("model.name='quoted'", &settings).ok());
  EXPECT_EQ(settings.model().name(), "quoted");
  ASSERT_TRUE(SetConfigField("model.name=a=b, \"c\": \\d", &settings).ok());
  EXPECT_EQ(settings.model().name(), "a=b, \"c\": \\d");
  ASSERT_TRUE(SetConfigField("model.name=", &settings).ok());
  EXPECT_EQ(settings.model().name(), "");
  EXPECT_TRUE(settings.model().has_name());
}

TEST(ConfigTest, RepeatedFieldsAndMessagesMerge) {
  Settings settings;
  ASSERT_TRUE(SetConfigField("model.lengths=1", &settings).ok());
  ASSERT_TRUE(SetConfigField("model.lengths=[2, 3]", &settings).ok());
  ASSERT_TRUE(SetConfigField("model.tasks=addition", &settings).ok());
  ASSERT_TRUE(SetConfigField("model.tasks=sorting", &settings).ok());
  ASSERT_TRUE(SetConfigField("model={ hidden_size: 4 }", &settings).ok());
  ASSERT_TRUE(SetConfigField("others={ name: \"x\" }", &settings).ok());
  EXPECT_THAT(settings.model().lengths(), ElementsAre(1, 2, 3));
  EXPECT_THAT(settings.model().tasks(), ElementsAre("addition", "sorting"));
  EXPECT_EQ(settings.model().hidden_size(), 4);
  EXPECT_EQ(settings.others(0).name(), "x");
}

TEST(ConfigTest, BadAssignmentsAreUsageErrors) {
  Settings settings;
  ExpectUsageError(SetConfigField("steps", &settings), "expected FIELD=VALUE");
  ExpectUsageError(SetConfigField("=3", &settings), "there is no field \"\"");
  ExpectUsageError(
      SetConfigField("model.hiden_size=3", &settings),
      "setting \"model.hiden_size=3\": there is no field \"hiden_size\" in Model; did you mean hidden_size?");
  ExpectUsageError(SetConfigField("mdoel.hidden_size=3", &settings), "did you mean model?");
  ExpectUsageError(SetConfigField("steps.x=3", &settings), "field \"steps\" has no fields of its own");
  ExpectUsageError(SetConfigField("others.name=3", &settings), "field \"others\" has no fields of its own");
  ExpectUsageError(SetConfigField("model.=3", &settings), "there is no field \"\"");
  ExpectUsageError(SetConfigField("steps=1.5", &settings), "setting \"steps=1.5\"");
  ExpectUsageError(SetConfigField("steps=", &settings), "setting \"steps=\"");
  ExpectUsageError(SetConfigField("steps=99999999999999999999", &settings), "range");
  ExpectUsageError(SetConfigField("model=3", &settings), "setting \"model=3\"");
}

TEST(ConfigTest, OneAssignmentSetsOneField) {
  Settings settings;
  ExpectUsageError(SetConfigField("steps=1 rate: 2", &settings), "expected one value");
  ExpectUsageError(SetConfigField("steps=1 steps: 2", &settings), "steps");
  EXPECT_FALSE(settings.has_steps());
}

TEST(ConfigTest, OldNamesAreReadWithALineThatNamesTheNewOnes) {
  const std::string path = testing::TempDir() + "/old_names.textproto";
  ASSERT_TRUE(WriteFile(path, "steps: 12\nnet { width: 3 kind: TURNING }\n").ok());
  Settings settings;
  testing::internal::CaptureStderr();
  ASSERT_TRUE(MergeConfigFile(path, &settings).ok());
  ASSERT_TRUE(SetConfigField("net.sizes=4", &settings).ok());
  ASSERT_TRUE(SetConfigField("model.kind=ROPE", &settings).ok());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(settings.model().hidden_size(), 3);
  EXPECT_EQ(settings.model().kind(), config_test::ROTARY);
  EXPECT_THAT(settings.model().lengths(), ElementsAre(4));
  EXPECT_THAT(log, HasSubstr(path + ":2: net is now model\n"));
  EXPECT_THAT(log, HasSubstr(path + ":2: TURNING is now ROTARY\n"));
  EXPECT_THAT(log, HasSubstr("setting \"net.sizes=4\": sizes is now lengths\n"));
  EXPECT_THAT(log, HasSubstr("setting \"model.kind=ROPE\": ROPE is now ROTARY\n"));
}

TEST(ConfigTest, PrintedConfigurationIsReadBack) {
  Settings settings;
  ASSERT_TRUE(
      MergeConfigText("steps: 3 rate: 0.1 model { name: 'a\"\\n' lengths: 1 kind: ROTARY }", "a", &settings).ok());
  EXPECT_THAT(PrintConfig(settings), HasSubstr("rate: 0.1\n"));
  Settings again;
  ASSERT_TRUE(MergeConfigText(PrintConfig(settings), "printed", &again).ok());
  EXPECT_EQ(again.SerializeAsString(), settings.SerializeAsString());
}

}  // namespace
}  // namespace tally
