#include "lib/dataset/data_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

DataFormat Sums() { return {ProblemFormat(), Vocabulary::Arithmetic()}; }

TEST(DataFormatTest, MetadataComeBack) {
  DataFormat format = Sums();
  format.lines.task = &TaskNamed("subtraction");
  format.lines.order = DigitOrder::kPlain;
  format.lines.prepended_zeros = 2;
  const auto back = ParseFormatMetadata(FormatMetadata(format.lines, format.vocabulary), "here");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(CheckSameFormat(format, "a", *back, "b").ok());
  EXPECT_EQ(back->lines.prepended_zeros, 2);
}

TEST(DataFormatTest, BadMetadataAreRefused) {
  const auto metadata = FormatMetadata(ProblemFormat(), Vocabulary::Arithmetic());
  for (const auto& [key, value] : metadata) {
    auto without = metadata;
    without.erase(key);
    const absl::Status missing = ParseFormatMetadata(without, "here").status();
    EXPECT_EQ(ExitCodeOf(missing), kExitBadInput);
    EXPECT_THAT(std::string(missing.message()), HasSubstr("here: found no metadata \"" + key + "\""));
    auto wrong = metadata;
    wrong[key] = "nonsense";
    const absl::Status refused = ParseFormatMetadata(wrong, "here").status();
    EXPECT_EQ(ExitCodeOf(refused), kExitBadInput) << key;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("here"));
  }
}

TEST(DataFormatTest, DifferencesAreNamed) {
  const auto refusal = [](const DataFormat& other) {
    const absl::Status status = CheckSameFormat(Sums(), "a", other, "b");
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
    return std::string(status.message());
  };
  DataFormat other = Sums();
  other.lines.task = &TaskNamed("subtraction");
  EXPECT_EQ(refusal(other), "b: found task \"subtraction\", expected \"addition\", that of a");
  other = Sums();
  other.lines.order = DigitOrder::kPlain;
  EXPECT_THAT(refusal(other), HasSubstr("digit_order \"none\", expected \"all\""));
  other = Sums();
  other.lines.spaces = true;
  EXPECT_THAT(refusal(other), HasSubstr("layout \"spaces\""));
  other = {ProblemFormat(), *Vocabulary::ByName("index")};
  EXPECT_THAT(refusal(other), HasSubstr("b: found vocabulary"));
}

}  // namespace
}  // namespace tally
