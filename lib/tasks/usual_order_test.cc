#include "lib/tasks/usual_order.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

// The prompt of `format` for a line in usual order.
std::string Prompt(const std::string& line, const ProblemFormat& format) {
  std::string room;
  const ProblemFormat usual = *UsualFormat(format);
  const absl::StatusOr<std::string> prompt = PromptOf(*ParseProblem(line, usual, &room), usual, format);
  return prompt.ok() ? *prompt : std::string(prompt.status().message());
}

ProblemFormat Format(const std::string& task, DigitOrder order = DigitOrder::kAllReversed) {
  ProblemFormat format(TaskNamed(task), LineFormat());
  format.order = order;
  return format;
}

TEST(UsualOrderTest, InterleavedPromptsHaveTwoNumbers) {
  ProblemFormat interleaved = Format("addition");
  interleaved.interleave = true;
  EXPECT_EQ(Prompt("12+34=", interleaved), "2413=");
  EXPECT_EQ(Prompt("1+2+3=", interleaved), "found 3 numbers, expected 2: the model reads the digits of two in turn");
}

TEST(UsualOrderTest, PromptsHaveTheOrderOfTheFormat) {
  EXPECT_EQ(Prompt("123+45=", Format("addition")), "321+54=");
  EXPECT_EQ(Prompt("123+45=", Format("addition", DigitOrder::kAnswerReversed)), "123+45=");
  EXPECT_EQ(Prompt("123+45=", Format("addition", DigitOrder::kPlain)), "123+45=");
  EXPECT_EQ(Prompt("45-123=", Format("subtraction")), "54-321=");
  EXPECT_EQ(Prompt("120x34=", Format("multiplication")), "021x43=");
  EXPECT_EQ(Prompt("12+45%7=", Format("modular_addition")), "21+54%7=");
}

TEST(UsualOrderTest, PromptsHaveItsLayout) {
  ProblemFormat format = Format("addition");
  format.prepended_zeros = 2;
  EXPECT_EQ(Prompt("12+3=", format), "2100+300=");
  format.prepended_zeros = 0;
  format.interleave = true;
  EXPECT_EQ(Prompt("12+34=", format), "2413=");
  ProblemFormat scratchpad = Format("multiplication");
  scratchpad.scratchpad = true;
  EXPECT_EQ(Prompt("12x34=", scratchpad), "21x43=");
}

TEST(UsualOrderTest, ResultsAreAsPeopleWriteThem) {
  EXPECT_EQ(UsualResult("975", Format("addition")), "579");
  EXPECT_EQ(UsualResult("975", Format("addition", DigitOrder::kPlain)), "975");
  EXPECT_EQ(UsualResult("87-", Format("subtraction")), "-78");
  EXPECT_EQ(UsualResult("-78", Format("subtraction", DigitOrder::kPlain)), "-78");
  EXPECT_EQ(UsualResult("0", Format("subtraction")), "0");
  ProblemFormat zeros = Format("subtraction");
  zeros.prepended_zeros = 2;
  EXPECT_EQ(UsualResult("87-000", zeros), "-78");
  EXPECT_EQ(UsualResult("0000", zeros), "0");
  ProblemFormat scratchpad = Format("multiplication");
  scratchpad.scratchpad = true;
  EXPECT_EQ(UsualResult("360+090", scratchpad), "903");
}

TEST(UsualOrderTest, StringsStayAsTheyAreAndArraysAreRefused) {
  EXPECT_EQ(Prompt("#0110=", Format("parity")), "#0110=");
  EXPECT_EQ(UsualResult("0010", Format("bitwise_and")), "0010");
  EXPECT_EQ(ExitCodeOf(UsualFormat(Format("sorting")).status()), kExitUsage);
}

}  // namespace
}  // namespace tally
