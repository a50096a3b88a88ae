#include "lib/tasks/sampling/split.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace tally {

absl::StatusOr<Split::Side> ParseSplitSide(absl::string_view text) {
  if (text == "all") return Split::kAll;
  if (text == "train") return Split::kTrain;
  if (text == "test") return Split::kTest;
  return UsageError(absl::StrCat("unknown --split \"", absl::CHexEscape(text), "\", expected all, train or test",
                                 DidYouMean(text, {"all", "train", "test"})));
}

absl::uint128 ProblemHash(const Task& task, const std::vector<std::string>& operands) {
  const std::string key = absl::StrCat(task.name(), " ", task.Key(operands));
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return absl::MakeUint128(hash.high64, hash.low64);
}

absl::uint128 ProblemHash(const ParsedProblem& problem, const ProblemFormat& format) {
  return ProblemHash(*format.task, format.task->DrawnOperands(problem, format));
}

bool IsTestProblem(absl::uint128 hash, double test_share) {
  return static_cast<double>(absl::Uint128High64(hash) >> 11) * 0x1.0p-53 < test_share;
}

}  // namespace tally
