// What turns gradients into new parameters: one of several update rules (lib/optim/rules), another for what that does
// not fit, and their storage.
#ifndef TALLY_LIB_OPTIM_OPTIMIZER_H_
#define TALLY_LIB_OPTIM_OPTIMIZER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "lib/model/parameters.h"
#include "lib/optim/optimizer_config.pb.h"
#include "lib/optim/rules/update_rule.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// Equal gradients give equal parameters, byte for byte, whatever the number of processes and threads. Not thread-safe.
class Optimizer {
 public:
  // `parameters` must outlive this. Random numbers depend on `seed` and the number of the update. `threads`: that
  // share an update's parameters.
  Optimizer(const OptimizerConfig& config, const Parameters& parameters, uint64_t seed, int threads = 1);

  // One update from the parameters' gradients with all learning rates times `factor`. In a Bfloat16Scope Muon
  // multiplies in bfloat16. `recompute` replaces the gradients by those of the same batch, with the same random draws,
  // at the parameters as they then are, unclipped. False where such gradients, or what is estimated from them, are not
  // finite: then nothing has moved, and nothing that this remembers has changed. Processes with equal gradients decide
  // alike.
  bool Step(double factor, absl::FunctionRef<void()> recompute);

  // For those that carry out a step's rules themselves (device_update.h): all parameters that one rule moves with one
  // weight decay, and the number of updates so far.
  struct RuleGroup {
    const UpdateRule* rule = nullptr;
    ParameterGroup group;
  };
  std::vector<RuleGroup> Groups() const;
  int64_t steps() const { return steps_; }
  void CountStep() { ++steps_; }

  // All that Step remembers, for a checkpoint: "RULE.WHAT.PARAMETER" ("adamw.mean.embedding.words") and
  // "optimizer.steps", the number of updates. Views are valid as long as this, until the next call of State or Step.
  std::map<std::string, TensorView> State() const;

  // Restores what State gave. A file without optimizer.steps counts as `steps` updates. BadInput where a tensor is
  // missing or has another shape.
  absl::Status Restore(const SafetensorsFile& file, int64_t steps);

 private:
  // What one thread moves at a time, by one rule with one weight decay: a parameter, or all of a rule that needs them.
  struct Share {
    const UpdateRule* rule = nullptr;
    ParameterGroup group;
    std::vector<size_t> numbers;  // of group.weights in weights_
    int64_t numel = 0;            // of all of them
  };

  void AddGroup(const UpdateRule& rule, bool decayed, const std::vector<const Parameter*>& members);
  void Add(const Parameter& parameter, size_t number, Share* share);
  bool MoveUphill(absl::FunctionRef<void()> recompute);
  bool NeedsCurvature() const;
  bool UpdateCurvature(absl::FunctionRef<void()> recompute);
  void Move(double factor, Share* share) const;

  const OptimizerConfig config_;
  const Parameters& parameters_;
  const uint64_t seed_;
  const std::vector<std::unique_ptr<UpdateRule>> rules_;  // the first that fits a parameter moves it
  const int threads_;
  std::vector<Share> shares_;                 // in the order in which threads take them
  std::map<std::string, at::Tensor> memory_;  // what all shares remember, by name in a checkpoint
  std::vector<at::Tensor> weights_;           // all, by (number of the rule, decayed)
  int64_t steps_ = 0;
  mutable std::vector<at::Tensor> copies_;  // what State's views show
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_OPTIMIZER_H_
