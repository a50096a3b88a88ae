// How optimizers differ: what each remembers of a parameter, and how it moves it.
#ifndef TALLY_LIB_OPTIM_RULES_UPDATE_RULE_H_
#define TALLY_LIB_OPTIM_RULES_UPDATE_RULE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/model/parameters.h"
#include "lib/optim/optimizer_config.pb.h"

namespace tally {

// Something remembered of a parameter from step to step: its name in checkpoints ("adamw.mean") and its first value.
struct Memory {
  std::string name;
  at::Tensor tensor;
};

// Parameters that one rule moves with one weight decay. All lists run in step; tensors are changed in place.
struct ParameterGroup {
  double weight_decay = 0;
  int threads = 1;  // that the rule may use
  std::vector<at::Tensor> weights;
  std::vector<std::vector<at::Tensor>> memory;  // memory[m][i]: the rule's m-th memory of parameter i
  std::vector<at::Tensor> grads;                // of this step; a rule may overwrite them
  std::vector<at::Tensor> curvatures;           // the Hessian's diagonal, where the rule wants it at this step
};

// One optimizer's formula. A new one is one file with a class of this kind and a line in RulesOf
// (lib/optim/optimizer.cc). Rules hold nothing that changes: that is in the group, so that the optimizer can store it.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;

  // Whether the rule can move `parameter`.
  virtual bool Fits(const Parameter& /*parameter*/) const { return true; }

  // What the rule remembers of a parameter like `weight`, before the first step.
  virtual std::vector<Memory> Remembered(const at::Tensor& weight) const = 0;

  // Whether update number `step` reads group->curvatures.
  virtual bool WantsCurvature(int64_t /*step*/) const { return false; }

  // Moves group->weights by update number `step`, counted from 1, with the rule's learning rate times `factor`. Called
  // without recording gradients.
  virtual void Update(ParameterGroup* group, double factor, int64_t step) const = 0;
};

// The rules, one file each. `config` must outlive them.
std::unique_ptr<UpdateRule> MakeAdafactor(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeAdaHessian(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeAdam(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeAdamW(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeAdamWScale(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeAgd(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeFactoredAdafactor(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeLion(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeMuon(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeRAdam(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeSgd(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeShampoo(const OptimizerConfig& config);
std::unique_ptr<UpdateRule> MakeSophia(const OptimizerConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_UPDATE_RULE_H_
