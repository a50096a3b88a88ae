// How far a run has come, and which problems its next update takes. Torch-free.
#ifndef TALLY_LIB_TRAIN_BUDGET_H_
#define TALLY_LIB_TRAIN_BUDGET_H_

#include <cstdint>

#include "lib/batches/example_order.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// Which part of the budget in `config` is used after `step` steps and `seconds` seconds: 0 at the start, 1 or more at
// the end; the larger of the two parts where both are limited.
double BudgetUsed(const TrainConfig& config, int64_t step, double seconds);

// How many problems the next update takes once a share `used` of the budget is spent: batch_size, or with a
// batch_ramp_fraction min((floor(batch_size used / ramp / microbatch_size) + 1) microbatch_size, batch_size), as the
// reference's batch_size_ramp below 1.
int64_t BatchSize(const TrainConfig& config, double used);

// How the run's batches are made of its data.
BatchOptions BatchOptionsOf(const TrainConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_BUDGET_H_
