// Problems by number: sample i of a data set is a pure function of (options, seed, i), so that any shard of it can be
// made anywhere (DESIGN contract 1).
#ifndef TALLY_LIB_TASKS_SAMPLER_H_
#define TALLY_LIB_TASKS_SAMPLER_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/random.h"
#include "lib/tasks/bitwise_or.h"
#include "lib/tasks/lengths.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/split.h"

namespace tally {

struct SamplerOptions {
  ProblemFormat format;
  LengthRange first;   // digits of the first operand; sorting: most digits of a number, each has 1 up to so many
  LengthRange second;  // digits of the other operands; sorting: how many numbers
  LengthDistribution lengths;

  // Operands of a sum; more than two have lengths of their own.
  int min_operands = 2;
  int max_operands = 2;

  // Operands are uniform over the numbers with exactly the chosen number of digits (a one-digit operand over 1..9, as
  // in the reference); with keep_zero a one-digit operand is uniform over 0..9.
  bool keep_zero = false;

  // Operands get leading zeros up to the longest length, their values below 10^longest (LengthDistribution::kPlain).
  bool keep_places = false;

  // Sums without any carry, uniform among those.
  bool no_carry = false;

  // The longest run of weights that carry is uniform on 0..the shorter length.
  bool uniform_carry_runs = false;

  // The share of samples, in [0, 1], whose second operand is made as long as the first where its range allows it.
  double equal_lengths = 0;

  // The share of samples, in [0, 1], that MakeCarryChain changes (operands.h).
  double carry_chains = 0;

  // Before each character a space with this probability, then another with a tenth of it, and so on.
  double spaces = 0;

  Split split;
};

// Not thread-safe: keeps scratch memory from sample to sample.
class Sampler {
 public:
  // UsageError for ranges that are empty or outside 1..kMaxOperandDigits, shares outside [0, 1], and options that do
  // not go together.
  static absl::StatusOr<Sampler> Create(const SamplerOptions& options);

  // How many different samples there are: bitwise OR counts its problems, for other tasks there is no end.
  int64_t population() const { return population_; }

  // Sets `*line` to the text of sample `index` (no newline), index < population(). `stream` keeps training and
  // evaluation problems apart. UsageError where no problem of the split was found in many draws. Costs time and memory
  // linear in the operands' lengths (products: what GMP costs).
  absl::Status Sample(uint64_t seed, RandomStream stream, uint64_t index, std::string* line);

 private:
  explicit Sampler(const SamplerOptions& options);
  void DrawArithmetic(uint64_t index, bool again, Random* random);
  void DrawPair(const Lengths& lengths, Random* random);
  void DrawSorting(uint64_t index, Random* random);
  bool OnWantedSide() const;

  SamplerOptions options_;
  std::optional<BitwiseOrProblems> bitwise_or_;  // of that task only: its table grows with the lengths
  int64_t population_ = std::numeric_limits<int64_t>::max();
  std::vector<std::string> operands_;  // of the sample, digits least significant first
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLER_H_
