// Problems by number: sample i of a data set is a pure function of (options, seed, i), so that any shard of it can be
// made anywhere (contract 1, docs/architecture.md).
//
// Training and test problems are disjoint by construction: a hash of the problem itself decides its side, so that no
// seed, format or machine can put it on the other one.
#ifndef TALLY_LIB_TASKS_SAMPLING_SAMPLER_H_
#define TALLY_LIB_TASKS_SAMPLING_SAMPLER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/base/random.h"
#include "lib/tasks/draw_options.h"
#include "lib/tasks/problem.h"

namespace tally {

struct Split {
  enum Side { kAll, kTrain, kTest };
  Side side = kAll;
  double test_share = 0.1;  // of all problems
};

// "all", "train", "test"; UsageError for anything else.
absl::StatusOr<Split::Side> ParseSplitSide(absl::string_view text);

// XXH3 (128 bits) of the task and of what tells its problems apart (Task::Key), for operands as the task draws them.
absl::uint128 ProblemHash(const Task& task, const std::vector<std::string>& operands);

// The same for a line.
absl::uint128 ProblemHash(const ParsedProblem& problem, const ProblemFormat& format);

// Whether a problem with this hash belongs to the test problems, a share of all.
bool IsTestProblem(absl::uint128 hash, double test_share);

struct SamplerOptions : DrawOptions {
  ProblemFormat format;

  // Before each character a space with this probability, then another with a tenth of it, and so on.
  double spaces = 0;

  Split split;
};

// Not thread-safe: keeps scratch memory from sample to sample.
class Sampler {
 public:
  // UsageError for ranges that are empty or outside 1..kMaxOperandDigits, shares outside [0, 1], and options that do
  // not go together or that the task does not have.
  static absl::StatusOr<Sampler> Create(const SamplerOptions& options);

  // How many different samples there are, where the task counts its problems, else Task::kUnlimited.
  int64_t population() const { return population_; }
  bool is_counted() const { return population_ < Task::kUnlimited; }

  // Sets `*line` to the text of sample `index` (no newline), index < population(). `stream` keeps training and
  // evaluation problems apart. UsageError where no problem of the split was found in many draws. Costs time and memory
  // linear in the operands' lengths (products: what GMP costs).
  absl::Status Sample(uint64_t seed, RandomStream stream, uint64_t index, std::string* line);

 private:
  explicit Sampler(const SamplerOptions& options);
  bool OnRequestedSide() const;

  SamplerOptions options_;
  int64_t population_;
  std::vector<std::string> operands_;  // of the sample, as its task draws them
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_SAMPLER_H_
