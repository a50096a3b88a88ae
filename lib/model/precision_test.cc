#include "lib/model/precision.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/kernels/gemm/bfloat16_simd.h"

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

TEST(PrecisionTest, AutoIsBf16WhereTheProcessorHasInstructionsForIt) {
  EXPECT_EQ(AutomaticPrecision(at::kCPU), HasBfloat16Products() ? Precision::kBf16 : Precision::kF32);
  EXPECT_EQ(AutomaticPrecision(at::kCUDA), Precision::kF32);
}

TEST(PrecisionTest, AGuardHoldsAsLongAsItLives) {
  {
    const PrecisionGuard guard(Precision::kBf16, at::kCPU);
    EXPECT_TRUE(InBfloat16Scope());
    EXPECT_EQ(ProductType(at::kCPU), at::kFloat);
  }
  const PrecisionGuard guard(Precision::kF32, at::kCPU);
  EXPECT_FALSE(InBfloat16Scope());
}

// Attention between its projections, and the network of FIRE's bias, are ATen's operators for some models.
TEST(PrecisionTest, OnTheCpuAtensOperatorsStayInFloat32) {
  const PrecisionGuard guard(Precision::kBf16, at::kCPU);
  const at::Tensor a = at::ones({2, 2});
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace tally
