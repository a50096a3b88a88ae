// Problems by number: sample i of a data set is a pure function of (options, seed, i), so that any shard of it can be
// made anywhere (DESIGN contract 1).
#ifndef TALLY_LIB_ARITHMETIC_SAMPLER_H_
#define TALLY_LIB_ARITHMETIC_SAMPLER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "lib/arithmetic/problem.h"
#include "lib/base/random.h"

namespace tally {

// How the lengths of the two operands of sample i are chosen.
enum class LengthDistribution {
  kBucket,   // the grid of lengths in turn, one sample a cell, as the reference's training sets are made: the first
             // operand's length changes slowest, and after the last cell comes the first again
  kUniform,  // each operand's length is drawn uniformly
};

// Longest operand. A line of two of them and their sum fits the 64 MiB that a LineReader takes.
inline constexpr int kMaxOperandDigits = 20'000'000;

struct LengthRange {
  int min = 1;  // digits
  int max = 1;
};

struct SamplerOptions {
  ProblemFormat format;
  LengthRange first;
  LengthRange second;
  LengthDistribution lengths = LengthDistribution::kBucket;

  // Operands are uniform over the numbers with exactly the chosen number of digits (a one-digit operand over 1..9, as
  // in the reference); with keep_zero a one-digit operand is uniform over 0..9.
  bool keep_zero = false;

  // The share of samples, in [0, 1], whose second operand is made as long as the first where its range allows it.
  double equal_lengths = 0;

  // The share of samples that carry over long distances, which uniform digits hardly ever do: with probability .7 for
  // each weight, the second operand's digit is 9 minus the first's, or, beyond the shorter operand, the longer one's
  // digit is 9.
  double carry_chains = 0;
};

// UsageError for ranges that are empty or outside 1..kMaxOperandDigits, and for shares outside [0, 1].
absl::Status ValidateSamplerOptions(const SamplerOptions& options);

// Sets `*line` to the text of sample `index` (no newline). `stream` keeps training and evaluation problems apart.
// `options` must be valid. Costs time and memory linear in the operands' lengths.
void SampleProblem(const SamplerOptions& options, uint64_t seed, RandomStream stream, uint64_t index,
                   std::string* line);

}  // namespace tally

#endif  // TALLY_LIB_ARITHMETIC_SAMPLER_H_
