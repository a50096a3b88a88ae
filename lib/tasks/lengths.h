// How long the operands of a sample are.
#ifndef TALLY_LIB_TASKS_LENGTHS_H_
#define TALLY_LIB_TASKS_LENGTHS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/random.h"

namespace tally {

// Longest operand. A line of two of them and their sum fits the 64 MiB that a LineReader takes.
inline constexpr int kMaxOperandDigits = 20'000'000;

struct LengthRange {
  int min = 1;  // digits
  int max = 1;

  int count() const { return max - min + 1; }
  bool contains(int length) const { return min <= length && length <= max; }
};

// How the lengths of the two operands of sample i are chosen.
struct LengthDistribution {
  enum Kind {
    kBucket,    // the grid of lengths in turn, one sample a cell, as the reference's training sets are made: the first
                // operand's length changes slowest, and after the last cell comes the first again
    kUniform,   // each operand's length is drawn uniformly
    kWeighted,  // drawn with the given weights, one for each length from the shortest on, the same for each operand
    kPlain,  // numbers uniform below 10^longest, as the reference's evaluation sets are made: most are of full length
  };
  Kind kind = kBucket;
  std::vector<double> weights;
};

// "bucket", "uniform", "plain", or "weighted:1,2,.5". UsageError for anything else.
absl::StatusOr<LengthDistribution> ParseLengthDistribution(absl::string_view text);

// UsageError where weights are not one for each length of both ranges, negative, or all zero.
absl::Status ValidateLengthDistribution(const LengthDistribution& distribution, const LengthRange& first,
                                        const LengthRange& second);

struct Lengths {
  int first = 1;
  int second = 1;
};

// The lengths of sample `index`: from the index (kBucket), else the first, then the second drawn. For kPlain the
// longest ones.
Lengths ChooseLengths(const LengthDistribution& distribution, const LengthRange& first, const LengthRange& second,
                      uint64_t index, Random* random);

// One more length of `range`, for sums of more than two numbers.
int DrawLength(const LengthDistribution& distribution, const LengthRange& range, Random* random);

}  // namespace tally

#endif  // TALLY_LIB_TASKS_LENGTHS_H_
