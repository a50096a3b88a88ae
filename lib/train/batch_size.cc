#include "lib/train/batch_size.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr double kUsed = 0.95;  // of the ceiling

}  // namespace

double BudgetUsed(const TrainConfig& config, int64_t step, double seconds) {
  const double by_steps = config.steps() > 0 ? static_cast<double>(step) / config.steps() : 0;
  const double by_time = config.minutes() > 0 ? seconds / (60 * config.minutes()) : 0;
  return std::max(by_steps, by_time);
}

int64_t BatchSize(const TrainConfig& config, double used) {
  const double ramp = config.schedule().batch_ramp_fraction();
  if (ramp <= 0 || used >= ramp) return config.batch_size();
  const double wanted = static_cast<double>(config.batch_size()) * used / ramp;
  const int64_t microbatches = static_cast<int64_t>(wanted / config.microbatch_size()) + 1;
  return std::min<int64_t>(microbatches * config.microbatch_size(), config.batch_size());
}

BatchOptions BatchOptionsOf(const TrainConfig& config) {
  return {config.batch_size(), config.pool_batches(), config.seed(), config.loss().answer_only(),
          config.data_order() == TrainConfig::SEQUENTIAL};
}

Batch LongBatch(const Batch& batch, int64_t sequences, int64_t tokens) {
  absl::Span<const int64_t> longest;
  for (int64_t s = 0; s < batch.sequences; ++s) {
    absl::Span<const int64_t> ids(batch.ids.data() + s * batch.length, batch.length);
    while (!ids.empty() && ids.back() == kPadId) ids.remove_suffix(1);
    if (ids.size() > longest.size()) longest = ids;
  }
  std::vector<uint8_t> line;
  while (static_cast<int64_t>(line.size()) < tokens) {
    line.insert(line.end(), longest.begin(), longest.end());
    line.push_back(kEndId);
  }
  line.resize(tokens);
  Example example;
  example.ids = line;
  return MakeBatch(std::vector<Example>(sequences, example), /*answer_only=*/false);
}

absl::StatusOr<int64_t> LargestMicrobatch(int64_t most, double ceiling, absl::FunctionRef<double(int64_t)> peak) {
  const double limit = kUsed * ceiling;
  int64_t size = 1;
  double used = peak(size);
  if (used > limit) {
    return UsageError(
        absl::StrFormat("train.max_memory_mb is %.0f; expected at least %.0f, which one problem at a time needs",
                        ceiling, std::ceil(used / kUsed)));
  }
  double slope = 0;  // of one sequence more; the first ones may be hidden below what starting the process needed
  while (size < most) {
    const int64_t next = std::min(2 * size, most);
    if (used + slope * (next - size) > limit) break;
    const double next_used = peak(next);
    if (next_used > limit) return size;
    slope = (next_used - used) / (next - size);
    size = next;
    used = next_used;
  }
  if (slope > 0) size = std::min<double>(most, size + std::floor((limit - used) / slope));
  return size;
}

absl::StatusOr<int64_t> FittedMicrobatchSize(const TrainConfig& config, BatchSource* source,
                                             absl::FunctionRef<double(Batch&)> peak) {
  if (config.max_memory_mb() == 0) return config.microbatch_size();
  const int64_t longest = source->facts().longest_example;
  if (longest == 0) {
    return UsageError(
        "train.max_memory_mb needs data sets, whose longest line is known; expected "
        "train.microbatch_size for a stream");
  }
  TALLY_ASSIGN_OR_RETURN(const Batch batch, source->Take(0, std::min(kLookedAt, source->facts().examples)));
  const int64_t whole = config.batch_size();
  const int64_t asked = config.microbatch_size() > 0 ? std::min(config.microbatch_size(), whole) : whole;
  const auto peak_of_size = [&](int64_t sequences) {
    Batch longest_lines = LongBatch(batch, sequences, longest);
    return peak(longest_lines);
  };
  TALLY_ASSIGN_OR_RETURN(const int64_t size, LargestMicrobatch(asked, config.max_memory_mb(), peak_of_size));
  if (size == asked) return config.microbatch_size();
  LogLine(absl::StrFormat("train.max_memory_mb is %d: batches of %d problems are computed %d at a time",
                          config.max_memory_mb(), whole, size));
  return size;
}

}  // namespace tally
