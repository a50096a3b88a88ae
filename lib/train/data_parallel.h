// The forward and backward pass of a step, its batch split over threads.
#ifndef TALLY_LIB_TRAIN_DATA_PARALLEL_H_
#define TALLY_LIB_TRAIN_DATA_PARALLEL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/model/model.h"
#include "lib/train/batches.h"

namespace tally {

// The random choices of a step, the same for every thread.
struct StepDraws {
  int64_t untracked = 0;        // passes without gradient
  int64_t position_offset = 0;  // of an Abacus table
  uint64_t seed = 0;            // of initial states
  uint64_t first_sample = 0;    // number of the batch's first problem, for initial states
};

struct StepOutcome {
  double loss = 0;                   // mean cross entropy of the batch's labels, nats
  std::vector<int64_t> predictions;  // [n] the model's first choice for each label
};

// Not thread-safe itself.
class DataParallel {
 public:
  // `model` must outlive this.
  DataParallel(Model* model, int threads);

  // Leaves the gradient of the mean loss in the model's parameters. Thread k takes the k-th part of the sequences, and
  // gradients are added in order of k: equal batches and thread counts give equal bytes.
  StepOutcome Backward(Batch& batch, const StepDraws& draws);

 private:
  struct Part;
  Part Cut(const Batch& batch, int64_t k, int64_t parts) const;
  void RunPart(const Model& model, const StepDraws& draws, int64_t labels, Batch& batch, Part* part) const;
  void AddGradients(const Model& replica);

  Model* const model_;
  std::vector<std::unique_ptr<Model>> replicas_;  // of threads 1, 2, ...
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_DATA_PARALLEL_H_
