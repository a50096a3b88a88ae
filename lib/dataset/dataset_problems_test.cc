#include "lib/dataset/dataset_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/tokenize_problems.h"

namespace tally {
namespace {

std::string DataOf(const std::string& name, const std::string& lines, const ProblemFormat& format) {
  TokenizeOptions options;
  options.flags.add_in(absl::StrCat(::testing::TempDir(), "/", name, ".txt"));
  options.flags.set_out(absl::StrCat(::testing::TempDir(), "/", name, ".safetensors"));
  options.formats = {format};
  EXPECT_TRUE(WriteFile(options.flags.in(0), lines).ok());
  EXPECT_TRUE(TokenizeProblems(options).ok());
  return options.flags.out();
}

bool Knows(const KnownProblems& known, const std::string& line, const ProblemFormat& format) {
  std::string room;
  return known.Has(*ParseProblem(line, format, &room), format);
}

// A problem is the same in any digit order, with zeros in front, and with its operands the other way round where the
// task is commutative.
TEST(KnownProblemsTest, KnowsAProblemInAnyForm) {
  const ProblemFormat reversed;
  const ProblemFormat plain(TaskNamed("addition"), {.order = DigitOrder::kPlain});
  const ProblemFormat differences(TaskNamed("subtraction"), {});
  const KnownProblems known = *KnownProblems::Read(
      {DataOf("sums", "321+54=861\n9+1=01\n", reversed), DataOf("differences", "7-2=5\n", differences)});
  EXPECT_TRUE(Knows(known, "321+54=", reversed));
  EXPECT_TRUE(Knows(known, "45+123=", plain));
  EXPECT_TRUE(Knows(known, "0045+123=", plain));
  EXPECT_FALSE(Knows(known, "54+123=", plain));
  EXPECT_FALSE(Knows(known, "7+2=", reversed));
  EXPECT_TRUE(Knows(known, "7-2=", differences));
  EXPECT_FALSE(Knows(known, "2-7=", differences));
  EXPECT_EQ(known.Hashes().size(), 33u);
}

TEST(KnownProblemsTest, MissingDataIsAnError) {
  EXPECT_EQ(ExitCodeOf(KnownProblems::Read({"absent.safetensors"}).status()), kExitMissingInput);
}

}  // namespace
}  // namespace tally
