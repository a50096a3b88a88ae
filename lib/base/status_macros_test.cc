#include "lib/base/status_macros.h"

#include <memory>

#include "gtest/gtest.h"

namespace tally {
namespace {

absl::StatusOr<std::unique_ptr<int>> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError("odd");
  return std::make_unique<int>(n / 2);
}

absl::StatusOr<int> Quarter(int n) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<int> half, Half(n));
  std::unique_ptr<int> quarter;
  TALLY_ASSIGN_OR_RETURN(quarter, Half(*half));
  return *quarter;
}

absl::Status CheckQuarter(int n, int* checks) {
  TALLY_RETURN_IF_ERROR(Quarter(n).status());
  ++*checks;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, AssignsMoveOnlyValuesToDeclarationsAndVariables) { EXPECT_EQ(*Quarter(12), 3); }

TEST(StatusMacrosTest, ReturnsTheFirstError) {
  EXPECT_EQ(Quarter(3).status(), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
}

TEST(StatusMacrosTest, ReturnIfErrorGoesOnOnlyWhenOk) {
  int checks = 0;
  EXPECT_TRUE(CheckQuarter(8, &checks).ok());
  EXPECT_EQ(checks, 1);
  EXPECT_EQ(CheckQuarter(6, &checks), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(checks, 1);
}

}  // namespace
}  // namespace tally
