// The learning-rate schedule. Torch-free.
#ifndef TALLY_LIB_OPTIM_SCHEDULE_H_
#define TALLY_LIB_OPTIM_SCHEDULE_H_

#include <cstdint>

#include "lib/optim/optimizer_config.pb.h"

namespace tally {

// The factor on the learning rates of step `step` (from 0) once a share `used` of the budget is spent, as
// ScheduleConfig has it. The shapes are those of the reference's budget schedules, with its steps over its number of
// steps as `used`.
double LearningRateFactor(const ScheduleConfig& config, int64_t step, double used);

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_SCHEDULE_H_
