#include "lib/dataset/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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
                   const ProblemFormat& format = {}) {
  TokenizeOptions options;
  options.flags.set_in(TempPath("lines.txt"));
  options.flags.set_out(TempPath("data.safetensors"));
  options.format = format;
  EXPECT_TRUE(WriteFile(options.flags.in(), lines).ok());
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

TEST(ReportTest, ExportKeepsSpacesAndOtherCharacters) {
  ProblemFormat spaces;
  spaces.spaces = true;
  EXPECT_EQ(Report(ExportDataset, "3 21+ 54=8 61\n", spaces), "{\"context\":\"3 21+ 54=\",\"completion\":\"8 61\"}\n");
  ProblemFormat sorting;
  sorting.task = &TaskNamed("sorting");
  EXPECT_EQ(Report(ExportDataset, "Ω:2,£:1=£,Ω\n", sorting), "{\"context\":\"Ω:2,£:1=\",\"completion\":\"£,Ω\"}\n");
}

TEST(ReportTest, MissingFiles) {
  for (const auto report : {InspectDataset, DescribeDataset, ExportDataset}) {
    EXPECT_EQ(ExitCodeOf(report(TempPath("absent"), "-")), kExitMissingInput);
  }
}

}  // namespace
}  // namespace tally
