// Training and test problems that are disjoint by construction: a hash of the problem itself decides its side, so that
// no seed, format or machine can put it on the other one. Torch-free.
#ifndef TALLY_LIB_TASKS_SAMPLING_SPLIT_H_
#define TALLY_LIB_TASKS_SAMPLING_SPLIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

}  // namespace tally

#endif  // TALLY_LIB_TASKS_SAMPLING_SPLIT_H_
