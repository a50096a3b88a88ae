// One step of training: gradients of a batch -> their sum over ranks -> clipping -> optimizer.
#ifndef TALLY_LIB_TRAIN_TRAIN_STEP_H_
#define TALLY_LIB_TRAIN_TRAIN_STEP_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/distributed/gradient_reducer.h"
#include "lib/distributed/process_group.h"
#include "lib/model/model.h"
#include "lib/optim/gradient_scale.h"
#include "lib/optim/optimizer.h"
#include "lib/runs/run_config.pb.h"
#include "lib/runs/trainer_state.h"
#include "lib/runs/training_log.h"
#include "lib/train/data_parallel.h"

namespace tally {

struct StepResult {
  double loss = 0;
  double state_loss = 0;     // of this that of a supervised state, before its weight
  double grad_norm = 0;      // global L2 norm before clipping; 0 where the loss is not finite
  bool finite = true;        // loss and gradients; else the parameters stayed as they were
  bool second_pass = false;  // of what is not finite: loss and gradient were, a further pass of the optimizer was not
  StepCounts counts;
  bool stop = false;  // this process or another rank was asked to stop
};

// Not thread-safe.
class TrainStep {
 public:
  // All must outlive this. With a `group` each rank computes its part of every batch; null: alone. `state` holds the
  // loss scale of FP16 from step to step; null: this does. `teacher` as in DataParallel.
  TrainStep(const TrainConfig* config, Model* model, Optimizer* optimizer, int threads, ProcessGroup* group = nullptr,
            TrainerState* state = nullptr, const StateTeacher* teacher = nullptr);

  // Moves the parameters by the gradient of `batch`, learning rates times `factor`. The result is the same on all
  // ranks. IoError where ranks cannot reach each other. In FP16 a gradient, of the first pass or a further one, that is
  // not finite for being scaled too high moves nothing, and counts as finite.
  absl::StatusOr<StepResult> Run(Batch& batch, const StepSeed& draws, double factor);

 private:
  absl::StatusOr<StepOutcome> Gradients(Batch& batch, const StepSeed& draws);
  absl::Status AddOverRanks(StepResult* result) const;
  absl::Status Move(Batch& batch, const StepSeed& draws, double factor, StepResult* result);

  const TrainConfig& config_;
  Model* const model_;
  Optimizer* const optimizer_;
  ProcessGroup* const group_;
  DataParallel parallel_;
  std::unique_ptr<GradientReducer> reducer_;  // null: alone
  TrainerState own_state_;                    // where the caller has none
  std::unique_ptr<LossScale> loss_scale_;     // null: not in FP16
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_TRAIN_STEP_H_
