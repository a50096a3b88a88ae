#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SweepSummary Summary() {
  SweepSummary summary;
  summary.by = "exact";
  summary.settings = {{{{"train.batch_size", "8"}, {"a.size", "1"}, {"b.size", "2"}},
                       3,
                       {{"exact", {{0.5, 1}}}, {"loss", {{0.25}}}, {"step", {{10, 10}}}, {"seconds", {{3, 5}}}}},
                      {{{"train.batch_size", "4"}, {"a.size", "1"}, {"b.size", "3"}}, 1, {}}};
  summary.runs = 4;
  summary.started = 2;
  summary.seconds = 8;
  return summary;
}

TEST(SweepTest, MeanAndRangeOverSeeds) {
  const TextTable table = SweepTable(Summary(), /*for_programs=*/false);
  EXPECT_THAT(table.header,
              ElementsAre("batch_size", "a.size", "b.size", "runs", "exact, %", "loss", "step", "seconds"));
  EXPECT_THAT(table.rows[0],
              ElementsAre("8", "1", "2", "2 of 3", "75.0 (50.0..100.0)", "0.25, of 1", "10", "4 (3..5)"));
  EXPECT_THAT(table.rows[1], ElementsAre("4", "1", "3", "0 of 1", "-", "-", "-", "-"));
}

TEST(SweepTest, ProgramsGetColumnsOfNumbers) {
  const TextTable table = SweepTable(Summary(), /*for_programs=*/true);
  EXPECT_THAT(table.header[5], "exact: low");
  EXPECT_EQ(table.header.size(), table.rows[0].size());
  EXPECT_EQ(table.header.size(), table.rows[1].size());
  EXPECT_EQ(table.rows[0][6], "1");
}

TEST(SweepTest, APictureOrAPage) {
  const std::string out = absl::StrCat(::testing::TempDir(), "/sweep");
  const SweepOptions options = {"out/rates", "", {0, 0}, ""};
  ASSERT_TRUE(DrawSweep(Summary(), options, out + ".svg").ok());
  EXPECT_THAT(*ReadFile(out + ".svg"), HasSubstr("batch_size=8, a.size=1, b.size=2"));
  ASSERT_TRUE(DrawSweep(Summary(), options, out + ".html").ok());
  const std::string page = *ReadFile(out + ".html");
  for (const char* part : {"<h1>Sweep out/rates</h1>", "75.0 (50.0..100.0)", "<svg", "2 of 4 runs", "8 seconds"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  const absl::Status other = DrawSweep(Summary(), options, out + ".pdf");
  EXPECT_EQ(ExitCodeOf(other), kExitUsage);
  EXPECT_THAT(std::string(other.message()), HasSubstr(".html"));
  ASSERT_TRUE(DrawSweep(Summary(), options, out + ".tex").ok());
  EXPECT_THAT(*ReadFile(out + ".tex"), Not(HasSubstr("seconds of training")));
}

}  // namespace
}  // namespace tally
