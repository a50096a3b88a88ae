// One step of training: gradients of a batch -> clipping -> optimizer.
#ifndef TALLY_LIB_TRAIN_TRAIN_STEP_H_
#define TALLY_LIB_TRAIN_TRAIN_STEP_H_

#include "lib/model/model.h"
#include "lib/train/batch.h"
#include "lib/train/data_parallel.h"
#include "lib/train/optimizer.h"
#include "lib/train/train_config.pb.h"
#include "lib/train/training_log.h"

namespace tally {

struct StepResult {
  double loss = 0;
  double grad_norm = 0;  // global L2 norm before clipping; 0 where the loss is not finite
  bool finite = true;    // loss and gradient; else the parameters stayed as they were
  StepCounts counts;
};

// Not thread-safe.
class TrainStep {
 public:
  // All must outlive this.
  TrainStep(const TrainConfig* config, Model* model, Optimizer* optimizer, int threads);

  // Moves the parameters by the gradient of `batch`, learning rates times `factor`.
  StepResult Run(Batch& batch, const StepDraws& draws, double factor);

  // Computes the gradient of `batch` as one microbatch and drops it: what that needs in memory.
  void Probe(Batch& batch) { parallel_.Backward(batch, StepDraws()); }

 private:
  const TrainConfig& config_;
  Model* const model_;
  Optimizer* const optimizer_;
  DataParallel parallel_;
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_TRAIN_STEP_H_
