// What the sampler's tests share.
#ifndef TALLY_LIB_TASKS_SAMPLING_SAMPLING_FOR_TEST_H_
#define TALLY_LIB_TASKS_SAMPLING_SAMPLING_FOR_TEST_H_

#include <cstdint>
#include <string>

#include "lib/base/random.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

inline constexpr uint64_t kSeed = 7;

// The line of sample `index`.
std::string Sample(const SamplerOptions& options, uint64_t index, uint64_t seed = kSeed,
                   RandomStream stream = RandomStream::kProblem);

// The parts of a sample; `*line` owns their text, or the next call does.
ParsedProblem SampleParts(const SamplerOptions& options, uint64_t index, std::string* line);

// Sums with operands of these lengths.
SamplerOptions OfLengths(LengthRange first, LengthRange second);

// Expects that `count` is within five standard deviations of what `trials` with the given probability give.
void ExpectShare(int64_t count, int64_t trials, double probability);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_SAMPLING_FOR_TEST_H_
