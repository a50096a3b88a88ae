// `--shard=i/n`: which part of a job this process does.
#ifndef TALLY_LIB_BASE_SHARD_H_
#define TALLY_LIB_BASE_SHARD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// Shard `index` of `count`, 0 <= index < count.
struct Shard {
  int64_t index = 0;
  int64_t count = 1;

  // The contiguous part [Begin(n), End(n)) of n items: the parts of all shards follow each other without gaps, and
  // their sizes differ by one at most.
  int64_t Begin(int64_t n) const;
  int64_t End(int64_t n) const;
};

// Parses "i/n" with 0 <= i < n, or "auto", which reads SLURM_ARRAY_TASK_ID, _MIN, _MAX, _STEP and _COUNT and is 0/1
// outside of a job array. UsageError otherwise, also for an array with uneven steps (--array=1,2,7). To repeat some
// tasks of an array, give "i/n": an array of these tasks alone counts them only.
absl::StatusOr<Shard> ParseShard(absl::string_view text);

}  // namespace tally

#endif  // TALLY_LIB_BASE_SHARD_H_
