// Independent pieces of an evaluation, several at a time.
#ifndef TALLY_LIB_EVAL_FOR_EACH_H_
#define TALLY_LIB_EVAL_FOR_EACH_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace tally {

// Calls work(i) once for each i of 0, ..., count - 1, in rising order, in up to `threads` threads that each run
// LibTorch serially (0: one a core). Returns the error of the first i that has one; the rest run all the same.
absl::Status ForEach(int64_t count, int threads, absl::FunctionRef<absl::Status(int64_t)> work);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_FOR_EACH_H_
