#include "lib/train/budget.h"

#include <algorithm>

namespace tally {

double BudgetUsed(const TrainConfig& config, int64_t step, double seconds) {
  const double by_steps = config.steps() > 0 ? static_cast<double>(step) / config.steps() : 0;
  const double by_time = config.minutes() > 0 ? seconds / (60 * config.minutes()) : 0;
  return std::max(by_steps, by_time);
}

int64_t BatchSize(const TrainConfig& config, double used) {
  const double ramp = config.schedule().batch_ramp_fraction();
  if (ramp <= 0 || used >= ramp) return config.batch_size();
  const double wanted = static_cast<double>(config.batch_size()) * used / ramp;
  const int64_t microbatches = static_cast<int64_t>(wanted / config.microbatch_size()) + 1;
  return std::min<int64_t>(microbatches * config.microbatch_size(), config.batch_size());
}

BatchOptions BatchOptionsOf(const TrainConfig& config) {
  return {config.batch_size(), config.pool_batches(), config.seed(), config.loss().answer_only(),
          config.data_order() == TrainConfig::SEQUENTIAL};
}

}  // namespace tally
