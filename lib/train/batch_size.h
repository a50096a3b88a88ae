// How many problems a step takes, and how many of them are computed at a time: by how far the run has come, and by the
// memory that it may use (train.max_memory_mb). Torch-free.
#ifndef TALLY_LIB_TRAIN_BATCH_SIZE_H_
#define TALLY_LIB_TRAIN_BATCH_SIZE_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/batches/example_order.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// Which part of the budget in `config` is used after `step` steps and `seconds` seconds: 0 at the start, 1 or more at
// the end; the larger of the two parts where both are limited.
double BudgetUsed(const TrainConfig& config, int64_t step, double seconds);

// How many problems the next update takes once a share `used` of the budget is spent: batch_size, or with a
// batch_ramp_fraction min((floor(batch_size used / ramp / microbatch_size) + 1) microbatch_size, batch_size), as the
// reference's batch_size_ramp below 1.
int64_t BatchSize(const TrainConfig& config, double used);

// How batches are made of the data of a run, all but `group`.
BatchOptions BatchOptionsOf(const TrainConfig& config);

// `sequences` lines of `tokens` tokens, which begin with the longest line of `batch`, as recurrences may depend on its
// digits, and repeat it; the loss reads all of them.
Batch LongBatch(const Batch& batch, int64_t sequences, int64_t tokens);

// The most sequences, up to `most`, that a microbatch can have with the process's peak memory at `ceiling` or below,
// in MiB. peak(n) computes a microbatch of n sequences and returns the peak since the process started. Sizes are
// doubled as long as the next one should fit; from the last two the limit is estimated as a straight line. A twentieth
// of the ceiling is left for what peak() does not see. UsageError where one sequence does not fit.
absl::StatusOr<int64_t> LargestMicrobatch(int64_t most, double ceiling, absl::FunctionRef<double(int64_t)> peak);

// The train.microbatch_size of a new run of `config`: what it says, unless config.max_memory_mb asks for less. peak(b)
// computes b, lines as long as the longest of `source` that begin as the longest of its first kLookedAt, as one
// microbatch and returns the process's peak memory since its start, MiB. The run's configuration keeps the size, so
// that a run that continues, perhaps on another machine, computes the same. UsageError where one line does not fit, and
// for a stream, whose longest line is not known. Logs a changed size.
constexpr int64_t kLookedAt = 4096;
absl::StatusOr<int64_t> FittedMicrobatchSize(const TrainConfig& config, BatchSource* source,
                                             absl::FunctionRef<double(Batch&)> peak);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_BATCH_SIZE_H_
