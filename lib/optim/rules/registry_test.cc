// A rule that is all in this file is an optimizer like the others.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lib/optim/optimizer.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {
namespace {

// Of the rule below: the threads that its last update ran in, and LibTorch's threads there. A thread waits until
// `awaited_threads` have come, so that a quick one does not do the work of all.
std::mutex mutex;
std::condition_variable has_come;
size_t awaited_threads = 1;
std::set<std::thread::id> update_threads;
std::set<int> torch_threads;

// Moves matrices by the sign of the sum of their gradients so far.
class SignOfSum : public UpdateRule {
 public:
  explicit SignOfSum(const OptimizerConfig& config) : rate_(config.learning_rate()) {}

  bool Fits(const Parameter& parameter) const override { return parameter.tensor.dim() == 2; }

  std::vector<Memory> Remembered(const at::Tensor& weight) const override {
    return {{"sign_of_sum.sum", at::zeros_like(weight)}};
  }

  void Update(ParameterGroup* group, double factor, int64_t /*step*/) const override {
    std::unique_lock<std::mutex> lock(mutex);
    update_threads.insert(std::this_thread::get_id());
    has_come.notify_all();
    has_come.wait_for(lock, std::chrono::seconds(20), [] { return update_threads.size() >= awaited_threads; });
    torch_threads.insert(at::get_num_threads());
    for (size_t i = 0; i < group->weights.size(); ++i) {
      group->weights[i].sub_(group->memory[0][i].add_(group->grads[i]).sign(), factor * rate_);
    }
  }

 private:
  const double rate_;
};

std::unique_ptr<UpdateRule> MakeSignOfSum(const OptimizerConfig& config) { return std::make_unique<SignOfSum>(config); }

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : parameters_(/*seed=*/7) {
    for (const char* name : {"a", "b", "c"})
      parameters_.Add(name, ParameterRole::kHiddenMatrix, {4, 3}, Init::Constant(1));
    parameters_.Add("d", ParameterRole::kBias, {5}, Init::Constant(1));
    config_.set_kind(OptimizerConfig::SGD);
    config_.set_learning_rate(0.25);
    config_.set_weight_decay(0);
  }

  // One step of `optimizer` where all gradients are `gradient`.
  void Step(double gradient, Optimizer* optimizer) {
    for (const Parameter& p : parameters_.entries())
      p.tensor.mutable_grad() = at::full_like(p.tensor.detach(), gradient);
    optimizer->Step(/*factor=*/1, [] { FAIL() << "reads the gradients of a step once"; });
  }

  double First(size_t parameter) const { return parameters_.entries()[parameter].tensor.flatten()[0].item<double>(); }

  Parameters parameters_;
  OptimizerConfig config_;
};

TEST_F(RegistryTest, ARuleOfATestMovesWhatItFitsAndAdamWTheRest) {
  const RuleForTest rule(config_.kind(), MakeSignOfSum);
  Optimizer optimizer(config_, parameters_, /*seed=*/1);
  Step(2, &optimizer);
  Step(-1, &optimizer);
  for (const size_t matrix : {0, 1, 2}) EXPECT_EQ(First(matrix), 0.5);
  const std::map<std::string, TensorView> state = optimizer.State();
  EXPECT_EQ(state.count("sign_of_sum.sum.a"), 1);
  EXPECT_EQ(state.count("adamw.mean.d"), 1);
}

TEST_F(RegistryTest, ItsKindIsAsBeforeAfterwards) {
  { const RuleForTest rule(config_.kind(), MakeSignOfSum); }
  Optimizer optimizer(config_, parameters_, /*seed=*/1);
  Step(2, &optimizer);
  EXPECT_NEAR(First(0), 1 - 0.25 * (2 + 0.9 * 2), 1e-6);  // Nesterov's first step
  EXPECT_EQ(optimizer.State().count("sgd.momentum.a"), 1);
}

// Once, the first step switched LibTorch's parallelism off for good, and Muon alone had threads of its own.
TEST_F(RegistryTest, ThreadsShareAnUpdateWithLibTorchSerialUntilItEnds) {
  const RuleForTest rule(config_.kind(), MakeSignOfSum);
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  for (const int threads : {1, 2, 3}) {
    update_threads.clear();
    torch_threads.clear();
    awaited_threads = threads;
    Optimizer optimizer(config_, parameters_, /*seed=*/1, threads);
    Step(1, &optimizer);
    EXPECT_EQ(update_threads.size(), threads);
    EXPECT_EQ(torch_threads, std::set<int>{1});
    EXPECT_EQ(at::get_num_threads(), 3);
  }
  awaited_threads = 1;
  at::set_num_threads(before);
}

TEST_F(RegistryTest, EachKindHasRulesThatFitEverything) {
  for (int kind = OptimizerConfig::Kind_MIN; kind <= OptimizerConfig::Kind_MAX; ++kind) {
    config_.set_kind(static_cast<OptimizerConfig::Kind>(kind));
    const std::vector<std::unique_ptr<UpdateRule>> rules = RulesFor(config_);
    for (const Parameter& parameter : parameters_.entries()) EXPECT_TRUE(rules.back()->Fits(parameter)) << kind;
    EXPECT_EQ(rules.front()->MovesEachAlone(), kind != OptimizerConfig::AGD) << kind;
  }
}

}  // namespace
}  // namespace tally
