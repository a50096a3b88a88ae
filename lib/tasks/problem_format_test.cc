#include "lib/tasks/problem_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(TaskTest, NamesAndParseAreInverse) {
  for (const char* name : {"addition", "subtraction", "multiplication", "bitwise_or", "sorting"}) {
    const absl::StatusOr<Task> task = ParseTask(name);
    ASSERT_TRUE(task.ok()) << task.status();
    EXPECT_EQ(TaskName(*task), name);
  }
  const absl::Status status = ParseTask("adition").status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unknown task \"adition\", expected one of addition, "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("did you mean addition?"));
}

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
  EXPECT_THAT(refusal({Task::kSorting, DigitOrder::kPlain, true}), HasSubstr("interleaving needs operands"));
  EXPECT_THAT(refusal({Task::kBitwiseOr, DigitOrder::kPlain, false, true}), HasSubstr("no index hints"));
  EXPECT_THAT(refusal({Task::kAddition, DigitOrder::kPlain, true, true}), HasSubstr("exclude interleaving"));
  EXPECT_THAT(refusal({Task::kAddition, DigitOrder::kPlain, false, true, true}), HasSubstr("exclude random spaces"));
  EXPECT_THAT(refusal({Task::kSorting, DigitOrder::kPlain, false, false, true}), HasSubstr("no random spaces"));
  EXPECT_THAT(refusal({Task::kAddition, DigitOrder::kPlain, false, false, false, -1}), HasSubstr("expected 0.."));
  EXPECT_THAT(refusal({Task::kSorting, DigitOrder::kPlain, false, false, false, 1}), HasSubstr("prepended zeros"));
}

}  // namespace
}  // namespace tally
