#include "lib/dataset/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/tokenize_problems.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// What `report` writes for a data set of these lines.
std::string Report(absl::Status (*report)(const std::string&, const std::string&), const std::string& lines,
                   const std::vector<ProblemFormat>& formats = {ProblemFormat()}) {
  TokenizeOptions options;
  options.flags.add_in(TempPath("lines.txt"));
  options.flags.set_out(TempPath("data.safetensors"));
  options.formats = formats;
  EXPECT_TRUE(WriteFile(options.flags.in(0), lines).ok());
  const absl::Status tokenized = TokenizeProblems(options);
  EXPECT_TRUE(tokenized.ok()) << tokenized;
  const absl::Status status = report(options.flags.out(), TempPath("report.txt"));
  EXPECT_TRUE(status.ok()) << status;
  return *ReadFile(TempPath("report.txt"));
}

TEST(ReportTest, InspectShowsFactsAndExamples) {
  const std::string text = Report(InspectDataset, "321+54=861\n9+1=01\n");
  EXPECT_THAT(text, StartsWith("file "));
  EXPECT_THAT(text, HasSubstr("\nrows             2\n"));
  EXPECT_THAT(text, HasSubstr("\ntokens           18, 11 in the longest row\n"));
  EXPECT_THAT(text, HasSubstr("\nfirst operand    1..3\n"));
  EXPECT_THAT(text, HasSubstr("\nrow 0            321+54=861[EOS]\n"));
}

TEST(ReportTest, DescribeCounts) {
  const std::string text = Report(DescribeDataset, "321+54=861\n9+1=01\n999+11=0101\n");
  EXPECT_THAT(text, HasSubstr("{\"histogram\":\"token\",\"id\":5,\"token\":\"1\",\"count\":8}\n"));
  EXPECT_THAT(text, HasSubstr("{\"histogram\":\"token\",\"id\":3,\"token\":\"[EOS]\",\"count\":3}\n"));
  EXPECT_THAT(text, HasSubstr("{\"histogram\":\"row_length\",\"tokens\":12,\"count\":1}\n"));
  EXPECT_THAT(text, HasSubstr("{\"histogram\":\"operand_lengths\",\"first\":3,\"second\":2,\"count\":2}\n"));
}

// Answers of 3, 2 and 4 digits; the last sum carries from both digits of 11 on, to the end of 999.
TEST(ReportTest, DescribeCountsDigitsByPlaceAnswersAndMeasures) {
  const std::string text = Report(DescribeDataset, "321+54=861\n9+1=01\n999+11=0101\n");
  for (const char* line : {"\"answer_length\",\"tokens\":4,\"count\":1", "\"answer_length\",\"tokens\":2,\"count\":1",
                           "\"digit\",\"part\":\"first\",\"place\":0,\"digit\":9,\"count\":2",
                           "\"digit\",\"part\":\"others\",\"place\":1,\"digit\":4,\"count\":1",
                           "\"digit\",\"part\":\"answer\",\"place\":0,\"digit\":0,\"count\":2",
                           "\"measure\",\"measure\":\"longest_repeated_digit\",\"value\":3,\"count\":1",
                           "\"measure\",\"measure\":\"longest_carry_run\",\"value\":3,\"count\":1",
                           "\"measure\",\"measure\":\"longest_carry_run\",\"value\":0,\"count\":1"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("{\"histogram\":", line, "}\n")));
  }
}

TEST(ReportTest, TasksAreToldApart) {
  std::vector<ProblemFormat> formats(2);
  formats[1] = ProblemFormat(TaskNamed("modular_addition"), {.order = DigitOrder::kPlain});
  const std::string lines = "321+54=861\n9+1%7=3\n1+1=2\n";
  const std::string facts = Report(InspectDataset, lines, formats);
  EXPECT_THAT(facts, HasSubstr("\ntask             addition (2 rows); modular_addition (1 rows)\n"));
  EXPECT_THAT(facts, HasSubstr("\ndigits reversed  all; none\nlayout           plain; modulus=7\n"));
  EXPECT_THAT(facts, HasSubstr("\nfirst operand    1..3; 1..1\n"));
  const std::string counts = Report(DescribeDataset, lines, formats);
  EXPECT_THAT(counts, HasSubstr("\"first\":1,\"second\":1,\"count\":1,\"task\":\"addition\"}\n"));
  EXPECT_THAT(counts, HasSubstr("\"first\":1,\"second\":1,\"count\":1,\"task\":\"modular_addition\"}\n"));
}

TEST(ReportTest, ExportKeepsSpacesAndOtherCharacters) {
  ProblemFormat spaces;
  spaces.spaces = true;
  EXPECT_EQ(Report(ExportDataset, "3 21+ 54=8 61\n", {spaces}),
            "{\"context\":\"3 21+ 54=\",\"completion\":\"8 61\"}\n");
  ProblemFormat sorting;
  sorting.task = &TaskNamed("sorting");
  EXPECT_EQ(Report(ExportDataset, "Ω:2,£:1=£,Ω\n", {sorting}), "{\"context\":\"Ω:2,£:1=\",\"completion\":\"£,Ω\"}\n");
}

TEST(ReportTest, MissingFiles) {
  for (const auto report : {InspectDataset, DescribeDataset, ExportDataset}) {
    EXPECT_EQ(ExitCodeOf(report(TempPath("absent"), "-")), kExitMissingInput);
  }
}

}  // namespace
}  // namespace tally
