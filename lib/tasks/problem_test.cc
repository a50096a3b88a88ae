#include "lib/tasks/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "tests/data/recorded_formats.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Room for the text of lines that ParseProblem has to change.
std::string room;

absl::StatusOr<ParsedProblem> Parse(absl::string_view line, const ProblemFormat& format = {}) {
  return ParseProblem(line, format, &room);
}

ProblemFormat Format(absl::string_view task, DigitOrder order) {
  ProblemFormat format;
  format.task = &TaskNamed(task);
  format.order = order;
  return format;
}

// The expected answer of `line` up to its `=`.
std::string AnswerOf(absl::string_view line, const ProblemFormat& format) {
  const absl::StatusOr<ParsedProblem> problem = Parse(line, format);
  EXPECT_TRUE(problem.ok()) << problem.status() << " " << line;
  return problem.ok() ? ExpectedAnswer(*problem, format) : "";
}

TEST(ParseProblemTest, SplitsALine) {
  const absl::StatusOr<ParsedProblem> problem = Parse("321+54=573");
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_THAT(problem->operands, ElementsAre("321", "54"));
  EXPECT_EQ(problem->answer, "573");
}

TEST(ParseProblemTest, AScratchpadIsPartialResults) {
  ProblemFormat format = Format("multiplication", DigitOrder::kAllReversed);
  format.scratchpad = true;
  for (const char* line : {"12x34=", "12x34=3", "12x34=360+090"}) EXPECT_TRUE(Parse(line, format).ok()) << line;
  for (const auto& [line, expected] : std::vector<std::pair<std::string, std::string>>{
           {"12x34=+360", "byte 7: found '+', expected a digit"},
           {"12x34=360++090", "byte 11: found '+', expected a digit"},
           {"12x34=360+", "byte 11: found the end of the line, expected a digit"},
           {"12x34=360x", "byte 10: found 'x', expected a digit, '+' or the end of the line"}}) {
    EXPECT_THAT(Parse(line, format).status().message(), HasSubstr(expected));
  }
}

TEST(ParseProblemTest, AnswerMayBeEmpty) {
  const absl::StatusOr<ParsedProblem> problem = Parse("0x007=", Format("multiplication", DigitOrder::kPlain));
  ASSERT_TRUE(problem.ok()) << problem.status();
  EXPECT_EQ(problem->operands[1], "007");
  EXPECT_EQ(problem->answer, "");
}

TEST(PromptOfLineTest, EndsWithTheFirstEqualsSign) {
  EXPECT_EQ(PromptOfLine("12+3=42"), "12+3=");
  EXPECT_EQ(PromptOfLine("12+3="), "12+3=");
  EXPECT_EQ(PromptOfLine("12+3"), "");
}

TEST(ParseProblemTest, RefusalsNameTheByte) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "byte 1: found the end of the line, expected a digit"},
      {"+1=1", "byte 1: found '+', expected a digit"},
      {"12", "byte 3: found the end of the line, expected a digit or '+'"},
      {"12-3=9", "byte 3: found '-', expected a digit or '+'"},
      {"1+=1", "byte 3: found '=', expected a digit"},
      {"1+", "byte 3: found the end of the line, expected a digit"},
      {"1+2", "byte 4: found the end of the line, expected a digit or '+' or '='"},
      {"1+2x3=6", "byte 4: found 'x', expected a digit or '+' or '='"},
      {"1=1", "byte 2: found '=', expected a digit or '+'"},
      {"1+2=3=3", "byte 6: found '=', expected a digit or the end of the line"},
      {"1+2=3 ", "byte 6: found ' ', expected a digit or the end of the line"},
      {"1+2=3\r", "byte 6: found '\\r', expected a digit or the end of the line"},
      {" 1+2=3", "byte 1: found ' ', expected a digit"},
      {"1\xff", "byte 2: found '\\xff', expected a digit or '+'"},
  };
  for (const auto& [line, message] : cases) {
    const absl::Status status = Parse(line).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << line;
    EXPECT_EQ(status.message(), message) << line;
  }
}

TEST(ParseProblemTest, SumsHaveUpTo32Operands) {
  std::string line = "1";
  for (int i = 1; i < kMaxOperands; ++i) line += "+1";
  EXPECT_EQ(Parse(line + "=23")->operands.size(), 32);
  EXPECT_EQ(AnswerOf(line + "=", {}), "23");
  EXPECT_THAT(Parse(line + "+1=33").status().message(), HasSubstr("found '+', expected a digit or '='"));
  EXPECT_FALSE(Parse("1x2x3=6", Format("multiplication", DigitOrder::kPlain)).ok());
}

TEST(ParseProblemTest, SizesCountDigitsAndNumbers) {
  const ProblemSize sum = TaskNamed("addition").Size(*Parse("321+5+4444=1"));
  EXPECT_EQ(sum.first, 3);
  EXPECT_EQ(sum.second, 4);
  const ProblemFormat sorting = Format("sorting", DigitOrder::kPlain);
  const ProblemSize size = sorting.task->Size(*Parse("A:1,B:234,C:9=A,C,B", sorting));
  EXPECT_EQ(size.first, 3);
  EXPECT_EQ(size.second, 3);
}

TEST(ExpectedAnswerTest, FollowsTheDigitOrder) {
  EXPECT_EQ(AnswerOf("190+25=", Format("addition", DigitOrder::kPlain)), "215");
  EXPECT_EQ(AnswerOf("190+25=", Format("addition", DigitOrder::kAnswerReversed)), "512");
  EXPECT_EQ(AnswerOf("190+25=", Format("addition", DigitOrder::kAllReversed)), "341");  // 091 + 52
  EXPECT_EQ(AnswerOf("190+25=", Format("addition", DigitOrder::kOperandsReversed)), "143");
  EXPECT_EQ(AnswerOf("25-190=", Format("subtraction", DigitOrder::kPlain)), "-165");
  EXPECT_EQ(AnswerOf("25-190=", Format("subtraction", DigitOrder::kAnswerReversed)), "561-");
  EXPECT_EQ(AnswerOf("7-7=", Format("subtraction", DigitOrder::kPlain)), "0");
  EXPECT_EQ(AnswerOf("12x34=", Format("multiplication", DigitOrder::kPlain)), "408");
  EXPECT_EQ(AnswerOf("21x43=", Format("multiplication", DigitOrder::kAllReversed)), "804");
  EXPECT_EQ(AnswerOf("0010+000000=", Format("bitwise_or", DigitOrder::kAllReversed)), "001000");
  EXPECT_EQ(AnswerOf("a:12,b:3,c:12=", Format("sorting", DigitOrder::kPlain)), "b,a,c");
  EXPECT_EQ(AnswerOf("::12,,:91,D:02=", Format("sorting", DigitOrder::kAllReversed)), ",,D,:");
}

TEST(ExpectedAnswerTest, ZerosInFrontOfOperandsDoNotCount) {
  EXPECT_EQ(AnswerOf("001+02=", Format("addition", DigitOrder::kPlain)), "3");
  EXPECT_EQ(AnswerOf("100+20=", {}), "3");
  EXPECT_EQ(AnswerOf("000+00=", {}), "0");
  ProblemFormat format = Format("subtraction", DigitOrder::kPlain);
  format.prepended_zeros = 2;
  EXPECT_EQ(AnswerOf("0012-0031=", format), "000-19");
  format.order = DigitOrder::kAllReversed;
  EXPECT_EQ(AnswerOf("2100-1300=", format), "91-000");
}

TEST(CheckAnswerTest, AcceptsOnlyTheExactText) {
  const ProblemFormat format;
  EXPECT_TRUE(CheckAnswer(*Parse("5+6=11"), format).ok());
  for (const char* answer : {"", "1", "12", "110", "011"}) {
    const absl::Status status = CheckAnswer(*Parse(absl::StrCat("5+6=", answer)), format);
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << answer;
    EXPECT_EQ(status.message(),
              absl::StrCat("found answer \"", answer, "\", expected \"11\" for 5+6 (digits reversed: all)"));
  }
}

TEST(CheckAnswerTest, OperandsStandAsInTheLine) {
  ProblemFormat format;
  format.task = &TaskNamed("modular_addition");
  EXPECT_THAT(std::string(CheckAnswer(*ParseProblem("12+45%7=2", format, &room), format).message()),
              HasSubstr(" for 12+45%7 "));
}

TEST(CheckAnswerTest, LongNumbersAreShortened) {
  const std::string nines(10'000, '9'), line = absl::StrCat(nines, "+", nines, "=", nines);
  const absl::Status status = CheckAnswer(*Parse(line), {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"99999999999999999999...99999999999999999999\", expected "
                                                       "\"89999999999999999999...99999999999999999991\""));
  EXPECT_LT(status.message().size(), 300);
}

// One test for each recorded data set of the reference.
class RecordedAnswersTest : public ::testing::TestWithParam<std::pair<const char*, ProblemFormat>> {};

TEST_P(RecordedAnswersTest, AreTheExpectedOnesAndTheOracles) {
  const auto& [name, format] = GetParam();
  const absl::StatusOr<std::string> text = ReadFile(absl::StrCat("tests/data/", name, ".txt"));
  ASSERT_TRUE(text.ok()) << text.status();
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  EXPECT_GE(lines.size(), 4);
  for (const std::string& line : lines) {
    const absl::StatusOr<ParsedProblem> problem = Parse(line, format);
    ASSERT_TRUE(problem.ok()) << problem.status() << " " << line;
    EXPECT_TRUE(CheckAnswer(*problem, format).ok()) << CheckAnswer(*problem, format) << " " << line;
    EXPECT_EQ(problem->answer, OracleAnswer(*problem, format)) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, RecordedAnswersTest, ::testing::ValuesIn(RecordedFormats()),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(FindProblemTest, TheFormatIsTheOneThatReadsTheLine) {
  const std::vector<ProblemFormat> formats = {Format("addition", DigitOrder::kPlain),
                                              Format("subtraction", DigitOrder::kAllReversed),
                                              Format("parity", DigitOrder::kAllReversed)};
  const auto format_of = [&](absl::string_view line) { return FindProblem(line, formats, &room)->format; };
  EXPECT_EQ(format_of("12+3=15"), 0);
  EXPECT_EQ(format_of("12-3="), 1);
  EXPECT_EQ(format_of("#0110=0"), 2);
  EXPECT_EQ(FindProblem("12-3=", formats, &room)->problem.operands[1], "3");
}

TEST(FindProblemTest, ALineOfNoTaskIsRefusedInTheWordsOfEach) {
  const std::vector<ProblemFormat> formats = {Format("addition", DigitOrder::kPlain),
                                              Format("parity", DigitOrder::kPlain)};
  const absl::Status status = FindProblem("1*2=2", formats, &room).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("found a line of none of the tasks: addition: byte 2"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("; parity: byte 1"));
  const absl::Status alone = FindProblem("1*2=2", {formats.data(), 1}, &room).status();
  EXPECT_EQ(alone, Parse("1*2=2", formats[0]).status());
}

}  // namespace
}  // namespace tally
