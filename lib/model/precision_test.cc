#include "lib/model/precision.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

void ExpectUsageError(const absl::Status& status, const std::string& message) {
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(PrecisionTest, Names) {
  EXPECT_EQ(*ParsePrecision("F32"), Precision::kF32);
  EXPECT_EQ(*ParsePrecision("tf32"), Precision::kTf32);
  EXPECT_EQ(*ParsePrecision("bf16"), Precision::kBf16);
  EXPECT_EQ(*ParsePrecision("FP16"), Precision::kFp16);
  ExpectUsageError(ParsePrecision("BF61").status(), "did you mean BF16?");
}

TEST(PrecisionTest, DevicesOfABuildForTheCpu) {
  EXPECT_TRUE(ChooseDevice("cpu")->is_cpu());
  EXPECT_TRUE(ChooseDevice("auto")->is_cpu());
  ExpectUsageError(ChooseDevice("cuda").status(), "this build computes on the CPU only");
  ExpectUsageError(ChooseDevice("gpu").status(), "expected auto, cpu or cuda");
}

TEST(PrecisionTest, TheCpuHasF32AndBf16) {
  EXPECT_TRUE(SetUpPrecision(Precision::kF32, at::kCPU).ok());
  EXPECT_TRUE(SetUpPrecision(Precision::kBf16, at::kCPU).ok());
  ExpectUsageError(SetUpPrecision(Precision::kFp16, at::kCPU), "FP16 needs a CUDA device");
  ExpectUsageError(SetUpPrecision(Precision::kTf32, at::kCPU), "TF32 needs a CUDA device");
}

TEST(PrecisionTest, AGuardHoldsAsLongAsItLives) {
  const at::Tensor a = at::ones({2, 2});
  {
    const PrecisionGuard guard(Precision::kBf16, at::kCPU);
    EXPECT_TRUE(InReducedPrecisionOnCpu());
    EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kBFloat16);
  }
  const PrecisionGuard guard(Precision::kF32, at::kCPU);
  EXPECT_FALSE(InReducedPrecisionOnCpu());
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace tally
