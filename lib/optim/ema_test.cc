#include "lib/optim/ema.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

class EmaTest : public ::testing::Test {
 protected:
  EmaTest() : parameters_(/*seed=*/7) {
    parameters_.Add("a", ParameterRole::kMatrix, {2, 3}, Init::Constant(1));
    parameters_.Add("b", ParameterRole::kMatrix, {4}, Init::Constant(1));
    parameters_.AddConstant("c", 5);
  }

  // What training does to every weight at `step`.
  static void Move(const Parameters& parameters, int step) {
    const at::NoGradGuard no_grad;
    for (const Parameter& p : parameters.entries()) {
      if (p.trained) p.tensor.mul_(1.1).add_(0.01 * step);
    }
  }

  float Weight(const char* name) const { return parameters_.Find(name)->tensor.const_data_ptr<float>()[1]; }

  Parameters parameters_;
};

TEST_F(EmaTest, AveragesFollowTheFormula) {
  Ema ema(0.7, parameters_);
  double weight = 1, average = 1;
  for (int step = 0; step < 30; ++step) {
    Move(parameters_, step);
    weight = weight * 1.1 + 0.01 * step;
    const double decay = std::min(0.7, (1.0 + step) / (10.0 + step));
    average = decay * average + (1 - decay) * weight;
    ema.Update();
    EXPECT_NEAR(Weight("a") / weight, 1, 1e-5);
    const float before = Weight("b");
    {
      Ema::Averages averages(&ema);
      EXPECT_NEAR(Weight("a") / average, 1, 1e-5) << step;
    }
    EXPECT_EQ(Weight("b"), before) << "the weights in training come back";
  }
}

// Three updates, stored, two more = five.
TEST_F(EmaTest, StoredStateContinuesBitForBit) {
  const std::string path = ::testing::TempDir() + "/ema.safetensors";
  Ema unbroken(0.9, parameters_);
  Parameters stored(/*seed=*/7);  // a model loaded from the checkpoint: the averages
  for (int step = 0; step < 3; ++step) {
    Move(parameters_, step);
    unbroken.Update();
  }
  {
    Ema::Averages averages(&unbroken);
    ASSERT_TRUE(WriteSafetensors(path, averages.State(), {}).ok());
    for (const char* name : {"a", "b"}) {
      const at::Tensor& average = parameters_.Find(name)->tensor;
      const at::Tensor copy = stored.Add(name, ParameterRole::kMatrix, average.sizes(), Init::Constant(0));
      const at::NoGradGuard no_grad;
      copy.copy_(average);
    }
  }
  Ema continued(0.9, stored);
  ASSERT_TRUE(continued.Restore(**SafetensorsFile::Open(path)).ok());
  for (int step = 3; step < 5; ++step) {
    Move(stored, step);
    Move(parameters_, step);
    unbroken.Update();
    continued.Update();
  }
  const Ema::Averages one(&unbroken), other(&continued);
  for (const char* name : {"a", "b"}) {
    EXPECT_TRUE(parameters_.Find(name)->tensor.equal(stored.Find(name)->tensor)) << name;
  }
}

TEST_F(EmaTest, StateOfAnotherModelIsRefused) {
  Ema ema(0.9, parameters_);
  const std::string path = ::testing::TempDir() + "/other_ema.safetensors";
  {
    Ema::Averages averages(&ema);
    std::map<std::string, TensorView> state = averages.State();
    state["weights.a"].shape = {3, 2};
    ASSERT_TRUE(WriteSafetensors(path, state, {}).ok());
  }
  const absl::Status status = ema.Restore(**SafetensorsFile::Open(path));
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(std::string(status.message()), HasSubstr("weights.a"));
}

}  // namespace
}  // namespace tally
