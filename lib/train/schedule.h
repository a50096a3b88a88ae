// The learning-rate schedule. Torch-free.
#ifndef TALLY_LIB_TRAIN_SCHEDULE_H_
#define TALLY_LIB_TRAIN_SCHEDULE_H_

#include <cstdint>

#include "lib/train/train_config.pb.h"

namespace tally {

// Which part of the budget in `config` is used after `step` steps and `seconds` seconds: 0 at the start, 1 or more at
// the end; the larger of the two parts where both are limited.
double BudgetUsed(const TrainConfig& config, int64_t step, double seconds);

// The factor on the learning rates of step `step` (from 0) when `used` of the budget is gone: (step + 1) / warm-up
// first, then 1, then linear down to the final fraction.
double LearningRateFactor(const ScheduleConfig& config, int64_t step, double used);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_SCHEDULE_H_
