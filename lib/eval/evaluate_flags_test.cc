#include "lib/eval/evaluate_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

EvalGridFlags Flags(const std::string& grid, const std::string& rows, const std::string& cols,
                    const std::string& operands) {
  EvalGridFlags flags;
  flags.set_grid(grid);
  flags.set_rows(rows);
  flags.set_cols(cols);
  flags.set_operands(operands);
  return flags;
}

TEST(GridFlagsTest, GridsByNameLengthsAndOperands) {
  const auto text = [](const EvalGridFlags& flags) { return GridText(*ResolveGridFlags(flags, "1..20")); };
  EXPECT_EQ(text({}), "rows=1..20 cols=1..20");
  EXPECT_EQ(text(Flags("", "1..3", "", "")), "rows=1..3 cols=1..20");
  EXPECT_EQ(text(Flags("", "5", "7,9", "")), "rows=5 cols=7,9");
  EXPECT_EQ(text(Flags("", "5", "", "2..8")), "rows=5 operands=2..8");
  EXPECT_EQ(text(Flags("ood_only", "", "", "")), "rows=1..30 cols=1..30 min_longest=24");
}

TEST(GridFlagsTest, ContradictionsAreNamed) {
  EXPECT_THAT(ResolveGridFlags(Flags("big", "1", "", ""), "1").status().message(), HasSubstr("--grid"));
  EXPECT_THAT(ResolveGridFlags(Flags("", "", "1", "3"), "1").status().message(), HasSubstr("--operands"));
  EXPECT_EQ(ExitCodeOf(ResolveGridFlags(Flags("bigg", "", "", ""), "1").status()), kExitUsage);
}

TEST(ParseRecurrencesTest, ListsOrZero) {
  EXPECT_TRUE(ParseRecurrences("0")->empty());
  EXPECT_EQ(ParseRecurrences("1..16")->size(), 16);
  EXPECT_THAT(ParseRecurrences("-1").status().message(), HasSubstr("--recurrences=-1"));
}

}  // namespace
}  // namespace tally
