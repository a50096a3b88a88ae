#include "lib/tasks/split.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/tasks/digits.h"

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

absl::uint128 ProblemHash(Task task, const std::vector<std::string>& operands) {
  std::vector<absl::string_view> values;
  for (const std::string& operand : operands) {
    values.push_back(IsArithmetic(task) ? WithoutLeadingZeros(operand) : absl::string_view(operand));
  }
  if (task == Task::kAddition || task == Task::kMultiplication) std::sort(values.begin(), values.end());
  std::string key(TaskName(task));
  for (const absl::string_view value : values) absl::StrAppend(&key, " ", value);
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return absl::MakeUint128(hash.high64, hash.low64);
}

absl::uint128 ProblemHash(const ParsedProblem& problem, const ProblemFormat& format) {
  std::vector<std::string> operands;
  for (const absl::string_view operand : problem.operands) {
    if (format.task == Task::kBitwiseOr || OperandsAreReversed(format.order)) {
      operands.emplace_back(operand);
    } else {
      operands.emplace_back(operand.rbegin(), operand.rend());
    }
  }
  return ProblemHash(format.task, operands);
}

bool IsTestProblem(absl::uint128 hash, double test_share) {
  return static_cast<double>(absl::Uint128High64(hash) >> 11) * 0x1.0p-53 < test_share;
}

}  // namespace tally
