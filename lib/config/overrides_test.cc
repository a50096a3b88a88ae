#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config.h"
#include "lib/config/config_test.pb.h"

namespace tally {
namespace {

using config_test::Settings;
using ::testing::ElementsAre;

std::vector<std::string> Texts(const Settings& before, const Settings& after) {
  std::vector<std::string> texts;
  for (const Override& change : Overrides(before, after, "--set")) texts.push_back(OverrideText(change));
  return texts;
}

TEST(OverridesTest, NameFieldsOldAndNewValuesAndTheSource) {
  Settings before, after;
  before.set_rate(0.5);
  after.set_rate(0.25);
  after.mutable_model()->set_hidden_size(8);
  after.mutable_model()->set_name("a \"b\"");
  after.mutable_model()->set_kind(config_test::ROTARY);
  after.mutable_model()->add_lengths(3);
  after.mutable_model()->add_lengths(4);
  EXPECT_THAT(Texts(before, after),
              ElementsAre("model.hidden_size: 64 -> 8 (--set)", "model.name: \"\" -> \"a \\\"b\\\"\" (--set)",
                          "model.kind: PLAIN -> ROTARY (--set)", "model.lengths: [] -> [3, 4] (--set)",
                          "rate: 0.5 -> 0.25 (--set)"));
}

TEST(OverridesTest, ADefaultThatIsSetIsNoChange) {
  Settings before, after;
  after.mutable_model()->set_hidden_size(64);
  EXPECT_TRUE(Texts(before, after).empty());
}

}  // namespace
}  // namespace tally
