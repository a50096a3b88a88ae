#include "lib/tasks/sampling/tell_apart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tally {
namespace {

using ::testing::HasSubstr;

ProblemFormat Format(absl::string_view task, DigitOrder order = DigitOrder::kAllReversed) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  format.order = order;
  return format;
}

// Both are written with '+'; bits are digits.
bool ShareQuestions(const std::string& a, const std::string& b) {
  return (a == "addition" && b == "bitwise_or") || (a == "bitwise_or" && b == "addition");
}

TEST(TellApartTest, TasksOfTheRegistryClashOnlyWhereTheyShareQuestions) {
  for (const std::string& a : TaskNames()) {
    for (const std::string& b : TaskNames()) {
      EXPECT_EQ(Clash(Format(a), Format(b)).empty(), !ShareQuestions(a, b)) << a << " " << b;
      EXPECT_EQ(Clash(Format(a, DigitOrder::kPlain), Format(b)).empty(), a != b && !ShareQuestions(a, b)) << a << b;
    }
  }
}

TEST(TellApartTest, BothFormatsAndTheQuestionAreNamed) {
  const std::string clash = Clash(Format("addition"), Format("bitwise_or", DigitOrder::kPlain));
  EXPECT_THAT(clash,
              HasSubstr("found bitwise_or with digits reversed: none beside addition with digits reversed: all"));
  EXPECT_THAT(clash, HasSubstr("= has an answer in each"));
}

TEST(TellApartTest, ATaskHasOneFormat) {
  EXPECT_EQ(Clash(Format("addition"), Format("addition", DigitOrder::kPlain)),
            "found addition with digits reversed: none beside addition with digits reversed: all; expected one format "
            "of a task");
  ProblemFormat written_out = Format("addition");
  written_out.scratchpad = true;
  EXPECT_THAT(Clash(Format("addition"), written_out), HasSubstr("digits reversed: all, layout working beside"));
}

TEST(TellApartTest, LayoutsThatHideTheOperatorClash) {
  ProblemFormat a = Format("addition"), b = Format("subtraction");
  a.interleave = b.interleave = true;
  EXPECT_THAT(Clash(a, b), HasSubstr("layout interleave beside"));
  b.interleave = false;
  EXPECT_EQ(Clash(a, b), "");
}

TEST(TellApartTest, AllPairsOfAListAreCompared) {
  const std::vector<ProblemFormat> good = {Format("addition"), Format("sorting"), Format("parity")};
  EXPECT_EQ(FirstClash(good), "");
  EXPECT_THAT(FirstClash({Format("sorting"), Format("bitwise_or"), Format("addition")}), HasSubstr("found addition"));
  EXPECT_EQ(FirstClash({Format("sorting"), Format("parity"), Format("sorting")}), "found sorting twice");
}

}  // namespace
}  // namespace tally
