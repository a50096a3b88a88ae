#include "lib/arithmetic/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

TEST(DigitOrderTest, NamesAndParseAreInverse) {
  for (const char* name : {"all", "answer", "none"}) {
    const absl::StatusOr<DigitOrder> order = ParseDigitOrder(name);
    ASSERT_TRUE(order.ok()) << order.status();
    EXPECT_EQ(DigitOrderName(*order), name);
  }
}

TEST(DigitOrderTest, UnknownNameIsAUsageErrorWithTheNearest) {
  const absl::Status status = ParseDigitOrder("al").status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unknown digit order \"al\", expected all, answer or none; did you mean all?"));
  EXPECT_FALSE(ParseDigitOrder("").ok());
}

TEST(OperationOfTaskTest, KnowsAdditionOnly) {
  EXPECT_EQ(OperationOfTask("addition").value(), '+');
  const absl::Status status = OperationOfTask("adition").status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unknown task \"adition\", expected addition; did you mean addition?"));
}

TEST(ParseProblemTest, SplitsALine) {
  const absl::StatusOr<ParsedProblem> problem = ParseProblem("321+54=573");
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_EQ(problem->first, "321");
  EXPECT_EQ(problem->second, "54");
  EXPECT_EQ(problem->answer, "573");
}

TEST(ParseProblemTest, AnswerMayBeEmpty) {
  const absl::StatusOr<ParsedProblem> problem = ParseProblem("0*007=", '*');
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_EQ(problem->second, "007");
  EXPECT_EQ(problem->answer, "");
}

TEST(ParseProblemTest, RefusalsNameTheByte) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "byte 1: found the end of the line, expected a digit"},
      {"+1=1", "byte 1: found '+', expected a digit"},
      {"12", "byte 3: found the end of the line, expected a digit or '+'"},
      {"12-3=9", "byte 3: found '-', expected a digit or '+'"},
      {"1+=1", "byte 3: found '=', expected a digit"},
      {"1+", "byte 3: found the end of the line, expected a digit"},
      {"1+2", "byte 4: found the end of the line, expected a digit or '='"},
      {"1+2+3=6", "byte 4: found '+', expected a digit or '='"},
      {"1+2=3=3", "byte 6: found '=', expected a digit or the end of the line"},
      {"1+2=3 ", "byte 6: found ' ', expected a digit or the end of the line"},
      {"1+2=3\r", "byte 6: found '\\r', expected a digit or the end of the line"},
      {" 1+2=3", "byte 1: found ' ', expected a digit"},
      {"1\xff", "byte 2: found '\\xff', expected a digit or '+'"},
  };
  for (const auto& [line, message] : cases) {
    const absl::Status status = ParseProblem(line).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << line;
    EXPECT_EQ(status.message(), message) << line;
  }
}

TEST(AddReversedTest, SmallSums) {
  EXPECT_EQ(AddReversed("321", "54"), "861");  // 123 + 45 = 168
  EXPECT_EQ(AddReversed("54", "321"), "861");
  EXPECT_EQ(AddReversed("9", "1"), "01");
  EXPECT_EQ(AddReversed("999", "1"), "0001");
  EXPECT_EQ(AddReversed("1", "999"), "0001");
  EXPECT_EQ(AddReversed("0", "0"), "0");
  EXPECT_EQ(AddReversed("", ""), "0");
  EXPECT_EQ(AddReversed("", "05"), "05");
  EXPECT_EQ(AddReversed("100", "20"), "300");  // 001 + 02: zeros of the operands stay
}

TEST(AddReversedTest, AgreesWithMachineNumbers) {
  for (int a = 0; a < 200; ++a) {
    for (int b = 0; b < 200; ++b) {
      std::string first = absl::StrCat(a), second = absl::StrCat(b), sum = absl::StrCat(a + b);
      const ParsedProblem problem = {first, second, ""};
      EXPECT_EQ(ExpectedAnswer(problem, {'+', DigitOrder::kPlain}), sum);
    }
  }
}

TEST(AddReversedTest, ACarryRunsThroughAMillionDigits) {
  const std::string nines(1'000'000, '9');
  EXPECT_EQ(AddReversed(nines, "1"), std::string(1'000'000, '0') + "1");
}

TEST(ExpectedAnswerTest, FollowsTheDigitOrder) {
  const ParsedProblem problem = {"190", "25", "not read"};
  EXPECT_EQ(ExpectedAnswer(problem, {'+', DigitOrder::kPlain}), "215");
  EXPECT_EQ(ExpectedAnswer(problem, {'+', DigitOrder::kAnswerReversed}), "512");
  EXPECT_EQ(ExpectedAnswer(problem, {'+', DigitOrder::kAllReversed}), "341");  // 091 + 52 = 143
}

TEST(CheckAnswerTest, AcceptsOnlyTheExactText) {
  const ProblemFormat format;
  EXPECT_TRUE(CheckAnswer({"5", "6", "11"}, format).ok());
  for (const char* answer : {"", "1", "12", "110", "011"}) {
    const absl::Status status = CheckAnswer({"5", "6", answer}, format);
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << answer;
    EXPECT_EQ(status.message(),
              absl::StrCat("found answer \"", answer, "\", expected \"11\" for 5+6 (digits reversed: all)"));
  }
}

TEST(CheckAnswerTest, LongNumbersAreShortened) {
  const std::string nines(10'000, '9');
  const absl::Status status = CheckAnswer({nines, nines, nines}, {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"99999999999999999999...99999999999999999999\", expected "
                                                       "\"89999999999999999999...99999999999999999991\""));
  EXPECT_LT(status.message().size(), 300);
}

// One test for each recorded data set of the reference whose operands have no leading zeros.
class RecordedAnswersTest : public ::testing::TestWithParam<std::pair<const char*, DigitOrder>> {};

TEST_P(RecordedAnswersTest, AreTheExpectedOnes) {
  const auto [name, order] = GetParam();
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat("tests/data/", name, ".txt"));
  ASSERT_TRUE(text.ok()) << text.status();
  // Some have spaces before random characters.
  const std::string packed = absl::StrReplaceAll(*text, {{" ", ""}});
  const std::vector<std::string> lines = absl::StrSplit(packed, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 40);
  for (const std::string& line : lines) {
    const absl::StatusOr<ParsedProblem> problem = ParseProblem(line);
    ASSERT_TRUE(problem.ok()) << problem.status() << " " << line;
    EXPECT_TRUE(CheckAnswer(*problem, {'+', order}).ok()) << CheckAnswer(*problem, {'+', order});
  }
}

INSTANTIATE_TEST_SUITE_P(
    Addition, RecordedAnswersTest,
    ::testing::Values(std::make_pair("add_bucket", DigitOrder::kPlain),
                      std::make_pair("add_bucket_20_20_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_bucket_no_carry", DigitOrder::kPlain),
                      std::make_pair("add_bucket_no_carry_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_bucket_p05", DigitOrder::kPlain),
                      std::make_pair("add_bucket_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_bucket_reverse_all_keep_0", DigitOrder::kAllReversed),
                      std::make_pair("add_bucket_reverse_all_p01", DigitOrder::kAllReversed),
                      std::make_pair("add_bucket_reverse_answer", DigitOrder::kAnswerReversed),
                      std::make_pair("add_plain", DigitOrder::kPlain),
                      std::make_pair("add_plain_exact_100_100_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_plain_exact_20_20_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_plain_exact_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_plain_no_carry", DigitOrder::kPlain),
                      std::make_pair("add_plain_p03_reverse_all", DigitOrder::kAllReversed),
                      std::make_pair("add_plain_reverse_answer", DigitOrder::kAnswerReversed)),
    [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace tally
