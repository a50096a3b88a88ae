#include "lib/train/skipped_step.h"

#include <gtest/gtest.h>

#include <limits>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Batch SomeBatch(int64_t rows) {
  Batch batch;
  batch.sequences = rows;
  for (int64_t i = 0; i < rows; ++i) batch.samples.push_back(10 + i);
  return batch;
}

SkippedStep SomeStep(double loss, double grad_norm, double learning_rate, bool second_pass = false) {
  return {loss, grad_norm, learning_rate, second_pass, /*number=*/5, /*first_problem=*/100};
}

TEST(SkippedStepTest, LossAndExamplesAreTold) {
  EXPECT_EQ(
      DescribeSkippedStep(SomeStep(-kInfinity, 0, 0.002), SomeBatch(2)),
      "the loss is inf at step 5, learning rate 0.002, problems 100 to 101 of the run: examples 10, 11 of the data");
}

TEST(SkippedStepTest, AGradientIsToldAndOfManyExamplesTheFirst) {
  EXPECT_EQ(DescribeSkippedStep(SomeStep(1, kInfinity, 0.5), SomeBatch(9)),
            "the gradient's norm is inf at step 5, learning rate 0.5, problems 100 to 108 of the run: "
            "examples 10, 11, 12, 13, 14, 15, 16, 17, ... of the data");
}

TEST(SkippedStepTest, ASecondPassIsTold) {
  EXPECT_EQ(DescribeSkippedStep(SomeStep(1, 2, 0.5, /*second_pass=*/true), SomeBatch(1)),
            "the gradient of a second pass (sam_rho, or the optimizer's curvature) is not finite at step 5, learning "
            "rate 0.5, problems 100 to 100 of the run: examples 10 of the data");
}

TEST(SkippedStepTest, AsManyInARowAsAllowedAreLeftOut) {
  const SkippedStep step = SomeStep(kInfinity, 0, 1);
  TrainerState state;
  state.skipped = 7;
  for (int i = 1; i <= 2; ++i) {
    EXPECT_TRUE(SkipStep(step, SomeBatch(1), /*allowed=*/2, /*log=*/false, &state).ok());
    EXPECT_EQ(state.skipped, 7 + i);
    EXPECT_EQ(state.skipped_in_a_row, i);
  }
  const absl::Status status = SkipStep(step, SomeBatch(1), /*allowed=*/2, /*log=*/false, &state);
  EXPECT_EQ(ExitCodeOf(status), kExitCheckFailed);
  EXPECT_EQ(status.message(),
            "training has diverged: the loss is inf at step 5, learning rate 1, problems 100 to 100 of the run: "
            "examples 10 of the data; nothing was saved since");
}

}  // namespace
}  // namespace tally
