#include "lib/tasks/problem_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(DigitOrderTest, NamesAndParseAreInverse) {
  for (const char* name : {"all", "answer", "operands", "none"}) {
    const absl::StatusOr<DigitOrder> order = ParseDigitOrder(name);
    ASSERT_TRUE(order.ok()) << order.status();
    EXPECT_EQ(DigitOrderName(*order), name);
  }
  const absl::Status status = ParseDigitOrder("al").status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected all, answer, operands or none; did you mean all?"));
  EXPECT_FALSE(ParseDigitOrder("").ok());
}

TEST(LayoutTest, TextAndParseAreInverse) {
  for (const char* text :
       {"", "interleave", "index_hints", "spaces", "working", "interleave,spaces,prepended_zeros=12"}) {
    ProblemFormat format;
    ASSERT_TRUE(ParseLayout(text, &format).ok()) << text;
    EXPECT_EQ(LayoutText(format), text);
  }
  for (const char* text : {"interleaved", "prepended_zeros=", "prepended_zeros=x", "spaces spaces"}) {
    ProblemFormat format;
    EXPECT_EQ(ExitCodeOf(ParseLayout(text, &format)), kExitBadInput) << text;
  }
}

TEST(ValidateProblemFormatTest, RefusesWhatDoesNotGoTogether) {
  const auto refusal = [](const ProblemFormat& format) {
    const absl::Status status = ValidateProblemFormat(format);
    EXPECT_EQ(ExitCodeOf(status), kExitUsage);
    return std::string(status.message());
  };
  EXPECT_TRUE(ValidateProblemFormat({}).ok());
  EXPECT_THAT(refusal({TaskNamed("sorting"), {DigitOrder::kPlain, true}}), HasSubstr("interleaving needs operands"));
  EXPECT_THAT(refusal({TaskNamed("bitwise_or"), {DigitOrder::kPlain, false, true}}), HasSubstr("no index hints"));
  EXPECT_THAT(refusal({TaskNamed("addition"), {DigitOrder::kPlain, true, true}}), HasSubstr("exclude interleaving"));
  EXPECT_THAT(refusal({TaskNamed("addition"), {DigitOrder::kPlain, false, true, true}}),
              HasSubstr("exclude random spaces"));
  EXPECT_THAT(refusal({TaskNamed("sorting"), {DigitOrder::kPlain, false, false, true}}), HasSubstr("no random spaces"));
  EXPECT_THAT(refusal({TaskNamed("addition"), {DigitOrder::kPlain, false, false, false, -1}}),
              HasSubstr("expected 0.."));
  EXPECT_THAT(refusal({TaskNamed("sorting"), {DigitOrder::kPlain, false, false, false, 1}}),
              HasSubstr("prepended zeros"));
}

}  // namespace
}  // namespace tally
