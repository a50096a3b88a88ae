#include "lib/results/settings.h"

#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

TEST(SettingsTest, FirstDifferenceIsNamed) {
  Cell a, b;
  a.model = b.model = "runs/a";
  EXPECT_EQ(Difference(SettingsOf(a), SettingsOf(b)), "");
  b.model = "runs/b";
  b.seed = 4;
  EXPECT_EQ(Difference(SettingsOf(b), SettingsOf(a)), "model: found runs/b, expected runs/a");
  // What a line has only where it is unusual.
  b = a;
  b.add_index_hints = true;
  EXPECT_EQ(Difference(SettingsOf(b), SettingsOf(a)), "add_index_hints: found true, expected nothing");
  b = a;
  b.split = "train";
  EXPECT_EQ(Difference(SettingsOf(b), SettingsOf(a)), "split: found train, expected nothing");
  b = a;
  b.precision = "BF16";
  EXPECT_EQ(Difference(SettingsOf(b), SettingsOf(a)), "precision: found BF16, expected nothing");
  b = a;
  b.overlap_with = "tokens.safetensors";
  EXPECT_EQ(Difference(SettingsOf(a), SettingsOf(b)), "overlap_with: found nothing, expected tokens.safetensors");
  // Not settings: what differs from cell to cell.
  b = a;
  b.first_digits = b.second_digits = b.samples = b.exact = b.recurrences = 7;
  EXPECT_EQ(Difference(SettingsOf(a), SettingsOf(b)), "");
}

TEST(SettingsTest, OtherNamesDiffer) {
  EXPECT_EQ(Difference({{"a", "1"}}, {{"a", "1"}, {"b", "2"}}), "b: found nothing, expected 2");
  EXPECT_EQ(Difference({{"a", "1"}, {"b", "2"}}, {{"a", "1"}}), "b: found 2, expected nothing");
  // Whatever comes after it.
  EXPECT_EQ(Difference({{"a", "1"}, {"c", "3"}}, {{"a", "1"}, {"b", "2"}, {"c", "3"}}), "b: found nothing, expected 2");
}

TEST(SettingsTest, JsonRoundTrip) {
  Cell cell;
  cell.model = "runs/\"odd\"\n";
  cell.logit_factor = 1.1;
  const Settings settings = SettingsOf(cell);
  EXPECT_EQ(*SettingsFromJson(SettingsToJson(settings)), settings);
  for (const char* line : {"", "[]", "{\"a\":1}", "{\"a\":\"b\""}) {
    EXPECT_EQ(ExitCodeOf(SettingsFromJson(line).status()), kExitBadInput) << line;
  }
}

}  // namespace
}  // namespace tally
