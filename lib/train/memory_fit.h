// train.max_memory_mb: microbatches as small as a memory ceiling asks. Torch-free.
#ifndef TALLY_LIB_TRAIN_MEMORY_FIT_H_
#define TALLY_LIB_TRAIN_MEMORY_FIT_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "lib/batches/batch.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// `sequences` lines of `tokens` tokens, made of the first line of `batch`; the loss reads all of them.
Batch LongBatch(const Batch& batch, int64_t sequences, int64_t tokens);

// Makes config->microbatch_size as small as config->max_memory_mb asks; 0 asks nothing. probe(b) computes b, lines as
// long as the longest of `source`, as one microbatch and returns the process's peak memory since its start, MiB. A
// configuration records the size, so that a run that continues, perhaps on another machine, computes the same.
// UsageError where one line does not fit, and for a stream, whose longest line is not known. Logs a changed size.
absl::Status FitMemory(BatchSource* source, absl::FunctionRef<double(Batch&)> probe, TrainConfig* config);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_MEMORY_FIT_H_
