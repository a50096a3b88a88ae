#include "lib/train/schedule.h"

#include <algorithm>

namespace tally {

double BudgetUsed(const TrainConfig& config, int64_t step, double seconds) {
  const double by_steps = config.steps() > 0 ? static_cast<double>(step) / config.steps() : 0;
  const double by_time = config.minutes() > 0 ? seconds / (60 * config.minutes()) : 0;
  return std::max(by_steps, by_time);
}

double LearningRateFactor(const ScheduleConfig& config, int64_t step, double used) {
  const double warm = config.warmup_steps() > 0 ? static_cast<double>(step + 1) / config.warmup_steps() : 1;
  const double left = std::clamp(1 - used, 0.0, 1.0);
  const double into_decay = config.decay_fraction() > 0 ? std::min(1.0, left / config.decay_fraction()) : 1;
  const double decayed = config.final_fraction() + (1 - config.final_fraction()) * into_decay;
  return std::min({1.0, warm, decayed});
}

}  // namespace tally
