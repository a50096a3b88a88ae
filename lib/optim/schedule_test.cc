#include "lib/optim/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace tally {
namespace {

TEST(Schedule, RisesStaysFallsToFinalFraction) {
  ScheduleConfig config;
  config.set_warmup_steps(10);
  config.set_decay_fraction(0.5);
  config.set_final_fraction(0.1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 0, 0), 0.1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 4, 0.01), 0.5);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 30, 0.3), 1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 50, 0.5), 1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 75, 0.75), 0.55);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 100, 1), 0.1);
  EXPECT_DOUBLE_EQ(LearningRateFactor(config, 120, 1.2), 0.1);
}

// The reference's formulas in its own terms: step `fake` of T = 12e6, W of them warm-up, C of them cool-down.
struct Reference {
  const char* name;
  ScheduleConfig::Kind kind;
  double warmup_fraction, decay_fraction;
  std::function<double(double)> factor;
  int cycles = 1;
  double power = 1, base_fraction = 0.5;
};

constexpr double kT = 12e6, kW = 1.2e6, kC = 1.2e6, kPi = 3.14159265358979323846;

// `after` once the warm-up is over.
std::function<double(double)> Warm(std::function<double(double)> after) {
  return [after](double fake) { return fake < kW ? fake / kW : after(fake); };
}

// `before` until the cool-down, then linear from `top` to 0.
std::function<double(double)> Cool(std::function<double(double)> before, double top) {
  return [before, top](double fake) { return fake > kT - kC ? std::max(0.0, top * (kT - fake) / kC) : before(fake); };
}

std::function<double(double)> Dive(double falloff) {
  return Warm([falloff](double fake) { return std::min(1.0, 1 / falloff - fake / (kT * falloff)); });
}

std::function<double(double)> Triangle(double base) {
  return [base](double fake) { return std::min(base + fake * (1 - base) / 0.75 / kT, 4 - fake / (kT * 0.25)); };
}

double OneCycle(double fake, double length) {
  return fake < length / 2 ? fake / (length / 2) : 2 - fake / (length / 2);
}

std::vector<Reference> References() {
  const auto progress = [](double fake) { return (fake - kW) / (kT - kW); };
  const auto inverse_cosine = [](double fake) { return 0.5 * (1 + std::cos(kPi * (1 - fake / kT))); };
  return {
      {"budget-constant", ScheduleConfig::CONSTANT, 0.1, 0.1, Warm(Cool([](double) { return 1.0; }, 1))},
      {"budget-linear", ScheduleConfig::POLYNOMIAL, 0.1, 0, Warm([](double fake) { return (kT - fake) / (kT - kW); })},
      {"budget-polynomial squared", ScheduleConfig::POLYNOMIAL, 0.1, 0,
       Warm([=](double fake) { return std::pow(1 - progress(fake), 2); }), 1, 2},
      {"budget-cosine-decay", ScheduleConfig::COSINE, 0.1, 0,
       Warm([=](double fake) { return 0.5 * (1 + std::cos(kPi * progress(fake))); })},
      {"budget-cosine-annealing", ScheduleConfig::COSINE, 0.1, 0,
       Warm([=](double fake) { return 0.5 * (1 + std::cos(kPi * std::fmod(4 * progress(fake), 1.0))); }), 4},
      {"budget-one-cycle", ScheduleConfig::ONE_CYCLE, 0, 0, [](double fake) { return OneCycle(fake, kT); }},
      {"budget-multi-cycle", ScheduleConfig::ONE_CYCLE, 0, 0,
       [](double fake) { return OneCycle(std::fmod(fake, kT / 8), kT / 8); }, 8},
      {"budget-inverse-sqrt", ScheduleConfig::INVERSE_SQRT, 0.1, 0.1,
       Warm(Cool([](double fake) { return std::sqrt(kW / fake); }, std::sqrt(kW / (kT - kC))))},
      {"budget-inv-cosine", ScheduleConfig::INVERSE_COSINE, 0, 0.1, Cool(inverse_cosine, inverse_cosine(kT - kC))},
      {"budget-ramp", ScheduleConfig::RAMP, 0, 0.1, Cool([](double fake) { return fake / kT; }, (kT - kC) / kT)},
      {"budget-triangle1", ScheduleConfig::TRIANGLE, 0, 0.25, Triangle(0.5)},
      {"budget-triangle2", ScheduleConfig::TRIANGLE, 0, 0.25, Triangle(0.25), 1, 1, 0.25},
      {"budget-dive", ScheduleConfig::CONSTANT, 0.1, 0.5, Dive(0.5)},
      {"budget-dive-slow", ScheduleConfig::CONSTANT, 0.1, 0.75, Dive(0.75)},
      {"budget-dive-fast", ScheduleConfig::CONSTANT, 0.1, 0.25, Dive(0.25)},
  };
}

TEST(Schedule, ReferencesNumbers) {
  for (const Reference& r : References()) {
    SCOPED_TRACE(r.name);
    ScheduleConfig config;
    config.set_kind(r.kind);
    config.set_warmup_steps(0);
    config.set_warmup_fraction(r.warmup_fraction);
    config.set_decay_fraction(r.decay_fraction);
    config.set_final_fraction(0);
    config.set_cycles(r.cycles);
    config.set_power(r.power);
    config.set_base_fraction(r.base_fraction);
    for (int64_t fake = 0; fake < 12'000'000; fake += 99'991) {
      EXPECT_NEAR(LearningRateFactor(config, fake, fake / kT), r.factor(static_cast<double>(fake)), 1e-9) << fake;
    }
    EXPECT_GE(LearningRateFactor(config, 0, 1.5), 0);
  }
}

// What each shape is in round numbers.
TEST(Schedule, Landmarks) {
  ScheduleConfig config;
  config.set_warmup_steps(0);
  config.set_final_fraction(0);
  config.set_decay_fraction(0.2);
  const auto at = [&](ScheduleConfig::Kind kind, double used) {
    config.set_kind(kind);
    return LearningRateFactor(config, 0, used);
  };
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::CONSTANT, 0.5), 1);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::CONSTANT, 0.9), 0.5);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::POLYNOMIAL, 0.25), 0.75);
  EXPECT_NEAR(at(ScheduleConfig::COSINE, 0.5), 0.5, 1e-15);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::ONE_CYCLE, 0.25), 0.5);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::ONE_CYCLE, 0.5), 1);
  EXPECT_NEAR(at(ScheduleConfig::INVERSE_COSINE, 0.5), 0.5, 1e-15);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::RAMP, 0.9), 0.4);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::TRIANGLE, 0.4), 0.75);
  config.set_warmup_fraction(0.16);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::INVERSE_SQRT, 0.08), 0.5);
  EXPECT_DOUBLE_EQ(at(ScheduleConfig::INVERSE_SQRT, 0.64), 0.5);
  for (int kind = ScheduleConfig::Kind_MIN; kind <= ScheduleConfig::Kind_MAX; ++kind) {
    EXPECT_NEAR(at(static_cast<ScheduleConfig::Kind>(kind), 1), 0, 1e-15) << kind;
  }
}

}  // namespace
}  // namespace tally
