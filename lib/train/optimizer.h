// Muon for the matrices of the block and AdamW for everything else, or AdamW alone.
#ifndef TALLY_LIB_TRAIN_OPTIMIZER_H_
#define TALLY_LIB_TRAIN_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/model/parameters.h"
#include "lib/safetensors/safetensors.h"
#include "lib/train/train_config.pb.h"

namespace tally {

// The orthogonal factor of `matrix` [rows, cols], approximately: five Newton-Schulz steps with the quintic of Jordan et
// al. 2024 ("Muon: an optimizer for hidden layers in neural networks"); singular values end between about .7 and 1.2.
at::Tensor Orthogonalise(const at::Tensor& matrix);

// The global L2 norm of the parameters' gradients; all are scaled by max_norm / (norm + 1e-6) where that is below 1 and
// max_norm is positive.
double ClipGradients(const Parameters& parameters, double max_norm);

// Holds the moments. Not thread-safe.
class Optimizer {
 public:
  // `parameters` must outlive this.
  Optimizer(const OptimizerConfig& config, const Parameters& parameters);

  // One update from the parameters' gradients with both learning rates times `factor`. AdamW: Loshchilov and Hutter
  // 2019, arXiv 1711.05101, as LibTorch's fused kernel has it. Muon: momentum m = beta m + (1 - beta) g, then,
  // Nesterov, w -= lr sqrt(max(1, rows / cols)) Orthogonalise((1 - beta) g + beta m), after decay w *= 1 - lr * decay.
  void Step(double factor);

  // The moments for a checkpoint: "adamw.mean.NAME", "adamw.square.NAME", "muon.momentum.NAME". Views live as long as
  // this and change with Step.
  std::map<std::string, TensorView> State() const;

  // Restores what State gave after `steps` steps. BadInput where a tensor is missing or has another shape.
  absl::Status Restore(const SafetensorsFile& file, int64_t steps);

 private:
  // Tensors that AdamW updates with one weight decay; the lists run in step.
  struct AdamGroup {
    double weight_decay = 0;
    std::vector<std::string> names;
    std::vector<at::Tensor> weights, means, squares, steps;
  };
  struct MuonEntry {
    std::string name;
    at::Tensor weight, momentum;
  };

  void StepAdam(AdamGroup& group, double learning_rate);
  void StepMuon(MuonEntry& entry, double learning_rate);
  std::map<std::string, at::Tensor> NamedState() const;

  const OptimizerConfig config_;
  AdamGroup decayed_, undecayed_;
  std::vector<MuonEntry> muon_;
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_OPTIMIZER_H_
