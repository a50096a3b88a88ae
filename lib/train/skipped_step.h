// Steps whose loss or gradient is not finite: reported, counted, and limited. Torch-free.
#ifndef TALLY_LIB_TRAIN_SKIPPED_STEP_H_
#define TALLY_LIB_TRAIN_SKIPPED_STEP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "lib/batches/batch.h"
#include "lib/runs/trainer_state.h"

namespace tally {

struct SkippedStep {
  double loss = 0;
  double grad_norm = 0;  // global L2 norm before clipping
  double learning_rate = 0;
  bool second_pass = false;   // loss and gradient are finite, but not what the optimizer asked for beyond them
  int64_t number = 1;         // of the step in the run, from 1
  int64_t first_problem = 0;  // of its batch, counted over the run
};

// What is wrong and where, in words: number and learning rate of the step, and the examples of its batch.
std::string DescribeSkippedStep(const SkippedStep& step, const Batch& batch);

// Counts the step in `state` and logs it where `log` is set. CheckFailed where more than `allowed` in a row ended so.
absl::Status SkipStep(const SkippedStep& step, const Batch& batch, int64_t allowed, bool log, TrainerState* state);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_SKIPPED_STEP_H_
