// How large microbatches may be under a memory ceiling. Torch-free.
#ifndef TALLY_LIB_TRAIN_MICROBATCH_FIT_H_
#define TALLY_LIB_TRAIN_MICROBATCH_FIT_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace tally {

// The most sequences, up to `most`, that a microbatch can have with the process's peak memory at `ceiling` or below,
// all in MiB. `resident` is in use before; probe(n) computes a microbatch of n sequences and returns the peak since the
// process started. Sizes are doubled as long as the next one should fit; from the last two the limit is estimated as a
// straight line. A twentieth of the ceiling is left for what a probe does not see. UsageError where one sequence does
// not fit.
absl::StatusOr<int64_t> FitMicrobatch(int64_t most, double ceiling, absl::FunctionRef<double(int64_t)> probe);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_MICROBATCH_FIT_H_
