#include "lib/base/shard.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// floor(n * index / count); the product may exceed 64 bits.
int64_t Boundary(int64_t n, int64_t index, int64_t count) {
  return static_cast<int64_t>(static_cast<__int128>(n) * index / count);
}

// The integer in environment variable `name`, `fallback` where it is not set.
absl::StatusOr<int64_t> EnvironmentInt(const char* name, int64_t fallback) {
  const char* text = std::getenv(name);
  int64_t value = 0;
  if (text == nullptr) return fallback;
  if (!absl::SimpleAtoi(text, &value)) {
    return UsageError(absl::StrCat("--shard=auto: ", name, " is \"", text, "\", expected an integer"));
  }
  return value;
}

absl::StatusOr<Shard> ShardOfJobArray() {
  if (std::getenv("SLURM_ARRAY_TASK_ID") == nullptr) return Shard{};
  TALLY_ASSIGN_OR_RETURN(const int64_t id, EnvironmentInt("SLURM_ARRAY_TASK_ID", 0));
  TALLY_ASSIGN_OR_RETURN(const int64_t min, EnvironmentInt("SLURM_ARRAY_TASK_MIN", 0));
  TALLY_ASSIGN_OR_RETURN(const int64_t count, EnvironmentInt("SLURM_ARRAY_TASK_COUNT", 0));
  if (count < 1) {
    return UsageError(
        "--shard=auto: SLURM_ARRAY_TASK_COUNT is not set as Slurm sets it beside SLURM_ARRAY_TASK_ID; "
        "expected a job of an array, or --shard=i/n");
  }
  TALLY_ASSIGN_OR_RETURN(const int64_t step, EnvironmentInt("SLURM_ARRAY_TASK_STEP", 1));
  TALLY_ASSIGN_OR_RETURN(const int64_t max, EnvironmentInt("SLURM_ARRAY_TASK_MAX", min + (count - 1) * step));
  const bool even = step >= 1 && max - min == (count - 1) * step;
  if (!even || id < min || id > max || (id - min) % step != 0) {
    return UsageError(absl::StrCat("--shard=auto: task ", id, " of a job array of ", count, " tasks ", min, "..", max,
                                   " in steps of ", step, "; expected one even range such as --array=0-", count - 1));
  }
  return Shard{(id - min) / step, count};
}

}  // namespace

int64_t Shard::Begin(int64_t n) const { return Boundary(n, index, count); }
int64_t Shard::End(int64_t n) const { return Boundary(n, index + 1, count); }

absl::StatusOr<Shard> ParseShard(absl::string_view text) {
  if (text == "auto") return ShardOfJobArray();
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  Shard shard;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &shard.index) || !absl::SimpleAtoi(parts[1], &shard.count) ||
      shard.index < 0 || shard.index >= shard.count) {
    return UsageError(absl::StrCat("shard \"", text, "\": expected i/n with 0 <= i < n, or auto"));
  }
  return shard;
}

}  // namespace tally
