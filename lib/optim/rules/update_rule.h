// How optimizers differ: what each remembers of a parameter, and how it moves it; and which rules an optimizer consists
// of. Beside rule_math.h all that a rule's file includes of lib/optim.
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
  std::vector<at::Tensor> weights;
  std::vector<std::vector<at::Tensor>> memory;  // memory[m][i]: the rule's m-th memory of parameter i
  std::vector<at::Tensor> grads;                // of this step; a rule may overwrite them
  std::vector<at::Tensor> curvatures;           // the Hessian's diagonal, where the rule wants it at this step

  // Of UpdateOnDevice alone: gradients and the rule's m-th memory of all parameters, one after another, of which those
  // above are views.
  at::Tensor flat_grads;
  std::vector<at::Tensor> flat_memory;
};

// Numbers of a step that are on the device, scalars in float32.
struct DeviceStepNumbers {
  at::Tensor factor;                     // on all learning rates
  at::Tensor number;                     // of the update, from 1
  at::Tensor finite;                     // 1, or 0 where the step is left out
  at::Tensor found_inf;                  // 1 - finite, as LibTorch's fused rules read it
  at::ScalarType products = at::kFloat;  // in which a rule may compute matrix products
};

// One optimizer's formula. A new one is one file with a class of this kind, and a line in registry.cc. Rules hold
// nothing that changes: that is in the group, so that the optimizer can store it.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;

  // Whether the rule can move `parameter`.
  virtual bool Fits(const Parameter& /*parameter*/) const { return true; }

  // Whether a parameter moves as it would alone: then threads share a group's parameters.
  virtual bool MovesEachAlone() const { return true; }

  // What the rule remembers of a parameter like `weight`, before the first step.
  virtual std::vector<Memory> Remembered(const at::Tensor& weight) const = 0;

  // Whether update number `step` reads group->curvatures.
  virtual bool NeedsCurvature(int64_t /*step*/) const { return false; }

  // Moves group->weights, one at least, by update number `step`, counted from 1, with the rule's learning rate times
  // `factor`. Called without recording gradients, LibTorch serial; for several groups at a time.
  virtual void Update(ParameterGroup* group, double factor, int64_t step) const = 0;

  // Whether there is the form below, for steps of which the host knows neither factor nor outcome.
  virtual bool HasDeviceForm() const { return false; }

  // The same for a group of all the parameters that the rule moves with one weight decay, by numbers on the device
  // beside them. Queues operators and waits for none. Where step.finite is 0 nothing moves and nothing is remembered;
  // gradients are finite then too.
  virtual void UpdateOnDevice(ParameterGroup* /*group*/, const DeviceStepNumbers& /*step*/) const {}
};

// Makes a rule; the configuration must outlive it.
using MakeRule = std::unique_ptr<UpdateRule> (*)(const OptimizerConfig& config);

// The rules of config.kind(): the first that fits a parameter moves it, and the last fits all.
std::vector<std::unique_ptr<UpdateRule>> RulesFor(const OptimizerConfig& config);

// While one exists, optimizers of `kind` consist of `rule`, and of AdamW for what it does not fit: a rule of a test's
// own needs no kind. Not thread-safe.
class RuleForTest {
 public:
  RuleForTest(OptimizerConfig::Kind kind, MakeRule rule);
  ~RuleForTest();
  RuleForTest(const RuleForTest&) = delete;
  RuleForTest& operator=(const RuleForTest&) = delete;
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_UPDATE_RULE_H_
