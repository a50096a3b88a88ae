#include "lib/optim/schedule.h"

#include <algorithm>
#include <cmath>

namespace tally {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Where in its cycle of 0..1 a schedule is that repeats `cycles` times; the end of the last one is not a new start.
double InCycle(double progress, int cycles) { return progress < 1 ? std::fmod(cycles * progress, 1.0) : 1; }

// 1, then linear to 0 over the last `fraction` of the budget.
double CoolDown(double used, double fraction) { return fraction > 0 ? std::min(1.0, (1 - used) / fraction) : 1; }

double WarmUp(const ScheduleConfig& config, int64_t step, double used) {
  const double by_step = config.warmup_steps() > 0 ? static_cast<double>(step + 1) / config.warmup_steps() : 1;
  const double by_budget = config.warmup_fraction() > 0 ? used / config.warmup_fraction() : 1;
  return std::min(by_step, by_budget);
}

// `used` in 0..1.
double Shape(const ScheduleConfig& config, double used) {
  const double warm = config.warmup_fraction(), down = config.decay_fraction();
  const double progress = warm < 1 ? std::max(0.0, (used - warm) / (1 - warm)) : 0;
  const double before_down = std::min(used, 1 - down);  // where the last stretch, a straight line, sets in
  switch (config.kind()) {
    case ScheduleConfig::CONSTANT:
      return CoolDown(used, down);
    case ScheduleConfig::POLYNOMIAL:
      return std::pow(1 - progress, config.power());
    case ScheduleConfig::COSINE:
      return (1 + std::cos(kPi * InCycle(progress, config.cycles()))) / 2;
    case ScheduleConfig::ONE_CYCLE:
      return 1 - std::abs(2 * InCycle(used, config.cycles()) - 1);
    case ScheduleConfig::INVERSE_SQRT:
      return std::min(1.0, std::sqrt(warm / before_down)) * CoolDown(used, down);
    case ScheduleConfig::INVERSE_COSINE:
      return (1 - std::cos(kPi * before_down)) / 2 * CoolDown(used, down);
    case ScheduleConfig::RAMP:
      return before_down * CoolDown(used, down);
    case ScheduleConfig::TRIANGLE: {
      const double rise = down < 1 ? (1 - config.base_fraction()) / (1 - down) : 0;
      return std::min(config.base_fraction() + used * rise, CoolDown(used, down));
    }
  }
  return 1;
}

}  // namespace

double LearningRateFactor(const ScheduleConfig& config, int64_t step, double used) {
  const double shape = Shape(config, std::clamp(used, 0.0, 1.0));
  const double shaped = config.final_fraction() + (1 - config.final_fraction()) * shape;
  return std::min(shaped, WarmUp(config, step, used));
}

}  // namespace tally
