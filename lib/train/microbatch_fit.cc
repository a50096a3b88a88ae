#include "lib/train/microbatch_fit.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr double kUsed = 0.95;  // of the ceiling

}  // namespace

absl::StatusOr<int64_t> FitMicrobatch(int64_t most, double ceiling, absl::FunctionRef<double(int64_t)> probe) {
  const double limit = kUsed * ceiling;
  int64_t size = 1;
  double peak = probe(size);
  if (peak > limit) {
    return UsageError(
        absl::StrFormat("train.max_memory_mb is %.0f; expected at least %.0f, which one problem at a time needs",
                        ceiling, std::ceil(peak / kUsed)));
  }
  double slope = 0;  // of one sequence more; the first ones may be hidden below what starting the process needed
  while (size < most) {
    const int64_t next = std::min(2 * size, most);
    if (peak + slope * (next - size) > limit) break;
    const double next_peak = probe(next);
    if (next_peak > limit) return size;
    slope = (next_peak - peak) / (next - size);
    size = next;
    peak = next_peak;
  }
  if (slope > 0) size = std::min<double>(most, size + std::floor((limit - peak) / slope));
  return size;
}

}  // namespace tally
