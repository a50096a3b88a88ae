// The forward and backward pass of a step: its batch in microbatches, each split over threads.
#ifndef TALLY_LIB_TRAIN_DATA_PARALLEL_H_
#define TALLY_LIB_TRAIN_DATA_PARALLEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/shard.h"
#include "lib/batches/batch.h"
#include "lib/model/model.h"
#include "lib/runs/run_config.pb.h"
#include "lib/runs/training_log.h"
#include "lib/train/loss.h"
#include "lib/train/state_teacher.h"

namespace tally {

// What a step's random choices depend on, the same for every thread.
struct StepSeed {
  uint64_t seed = 0;
  int64_t step = 0;
  uint64_t first_sample = 0;  // number of the batch's first problem, counted over the whole run
};

// Sets what term `t` of a step's loss draws and how many recurrences it takes, for input->ids, sequences `first`, ...
// of the batch. The initial state is drawn on `device`.
void SetTerm(const ModelConfig& config, const StepSeed& draws, int64_t first, const std::vector<LossTerm>& terms,
             size_t t, ModelInput* input, at::Device device);

struct StepOutcome {
  double loss = 0;                   // as lib/train/loss.h, nats, with that of a supervised state
  double state_loss = 0;             // of this that of the state, before its weight
  StateCounts state;                 // what the heads read of it
  double entropy = 0;                // of the predictions, a sum over labels, nats
  std::vector<int64_t> predictions;  // [n] the model's first choice for each label, of the first term of the loss
};

// What one of several processes (ranks) does of a step.
struct RankPart {
  Shard shard;            // of the batch's sequences
  double loss_scale = 1;  // gradients are those of the loss times this

  // Called before the last backward pass that adds to the gradients of the model, if one thread runs them all.
  std::function<void()> before_last = [] {};
};

// Not thread-safe itself.
class DataParallel {
 public:
  // `model` and `teacher` must outlive this; a teacher supervises the model's state (null: nobody does). Then the
  // predictions for a problem whose answer is not read are its labels where its state is right, else PAD, so that what
  // counts as right is what the step trains.
  DataParallel(Model* model, const LossConfig& loss, int threads, const StateTeacher* teacher = nullptr);

  // Leaves the gradient of the loss in the model's parameters, summed over microbatches of at most `microbatch`
  // sequences (0: the whole batch at once), so that memory is needed for one of them only. Every label has its weight
  // in the whole batch, so that the sum is the whole batch's up to rounding. Thread k takes the k-th part of each
  // microbatch, and the threads' gradients are added in order of k: equal batches, microbatches and thread counts give
  // equal bytes.
  //
  // With a RankPart, loss, predictions and gradients are those of the rank's sequences: over all ranks they add up to
  // those of the batch.
  StepOutcome Backward(Batch& batch, const StepSeed& draws, int64_t microbatch = 0, const RankPart& rank = {});

 private:
  struct Part;
  struct Step;
  Part Cut(const Batch& batch, int64_t first, int64_t sequences) const;
  void RunMicrobatch(Step* step, int64_t first, int64_t sequences, StepOutcome* outcome);
  void RunPart(const Model& model, Step* step, Part* part) const;
  at::Tensor PassWithState(const Model& model, const Step& step, const at::Tensor& labels, const at::Tensor& weight,
                           ModelInput* input, Part* part) const;
  void ClearAllGradients();
  void AddGradients(const Model& replica);

  Model* const model_;
  const LossConfig loss_;
  const StateTeacher* const teacher_;
  std::vector<std::unique_ptr<Model>> replicas_;  // of threads 1, 2, ...
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_DATA_PARALLEL_H_
