#include "lib/tasks/sampling/sampling_for_test.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tally {

std::string Sample(const SamplerOptions& options, uint64_t index, uint64_t seed, RandomStream stream) {
  std::string line;
  EXPECT_TRUE(Sampler::Create(options)->Sample(seed, stream, index, &line).ok());
  return line;
}

ParsedProblem SampleParts(const SamplerOptions& options, uint64_t index, std::string* line) {
  static std::string room;
  *line = Sample(options, index);
  const absl::StatusOr<ParsedProblem> problem = ParseProblem(*line, options.format, &room);
  EXPECT_TRUE(problem.ok()) << problem.status() << " " << *line;
  return problem.ok() ? *problem : ParsedProblem{{"0", "0"}, {}, "0"};
}

SamplerOptions OfLengths(LengthRange first, LengthRange second) {
  SamplerOptions options;
  options.first = first;
  options.second = second;
  return options;
}

void ExpectShare(int64_t count, int64_t trials, double probability) {
  EXPECT_NEAR(count, trials * probability, 5 * std::sqrt(trials * probability * (1 - probability)) + 1e-9);
}

}  // namespace tally
