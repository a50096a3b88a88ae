// What the sampler's tests share.
#ifndef TALLY_LIB_TASKS_SAMPLING_SAMPLING_FOR_TEST_H_
#define TALLY_LIB_TASKS_SAMPLING_SAMPLING_FOR_TEST_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "lib/base/random.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

inline constexpr uint64_t kSeed = 7;

// The line of sample `index`.
inline std::string Sample(const SamplerOptions& options, uint64_t index, uint64_t seed = kSeed,
                          RandomStream stream = RandomStream::kProblem) {
  std::string line;
  EXPECT_TRUE(Sampler::Create(options)->Sample(seed, stream, index, &line).ok());
  return line;
}

// The parts of a sample; `*line` owns their text, or the next call does.
inline ParsedProblem SampleParts(const SamplerOptions& options, uint64_t index, std::string* line) {
  static std::string room;
  *line = Sample(options, index);
  const absl::StatusOr<ParsedProblem> problem = ParseProblem(*line, options.format, &room);
  EXPECT_TRUE(problem.ok()) << problem.status() << " " << *line;
  return problem.ok() ? *problem : ParsedProblem{{"0", "0"}, {}, "0"};
}

// Sums with operands of these lengths.
inline SamplerOptions OfLengths(LengthRange first, LengthRange second) {
  SamplerOptions options;
  options.first = first;
  options.second = second;
  return options;
}

// Expects that `count` is within five standard deviations of what `trials` with the given probability give.
inline void ExpectShare(int64_t count, int64_t trials, double probability) {
  EXPECT_NEAR(count, trials * probability, 5 * std::sqrt(trials * probability * (1 - probability)) + 1e-9);
}

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_SAMPLING_FOR_TEST_H_
