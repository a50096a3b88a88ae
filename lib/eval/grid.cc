#include "lib/eval/grid.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr int64_t kMaxLength = 1'000'000;

absl::Status Refuse(absl::string_view text) {
  return UsageError(absl::StrCat("lengths '", text, "'; expected such as 1..20, 1..100:9, 50, or several with commas, ",
                                 "within 1..", kMaxLength));
}

// Adds the lengths of one item: N, A..B or A..B:STEP. False where it is none of these.
bool AddItem(absl::string_view item, std::set<int64_t>* lengths) {
  const std::vector<absl::string_view> range_step = absl::StrSplit(item, ':');
  int64_t step = 1, first = 0, last = 0;
  if (range_step.size() > 2 || (range_step.size() == 2 && !absl::SimpleAtoi(range_step[1], &step))) return false;
  const std::vector<absl::string_view> ends = absl::StrSplit(range_step[0], "..");
  if (ends.size() > 2 || (ends.size() == 1 && range_step.size() == 2)) return false;
  if (!absl::SimpleAtoi(ends.front(), &first) || !absl::SimpleAtoi(ends.back(), &last)) return false;
  if (first < 1 || last < first || last > kMaxLength || step < 1) return false;
  for (int64_t n = first; n <= last; n += step) lengths->insert(n);
  return true;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> ParseLengths(absl::string_view text) {
  std::set<int64_t> lengths;
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    if (!AddItem(item, &lengths)) return Refuse(text);
  }
  return std::vector<int64_t>(lengths.begin(), lengths.end());
}

}  // namespace tally
