// What this machine's matrix products reach.
#ifndef TALLY_BENCH_SGEMM_H_
#define TALLY_BENCH_SGEMM_H_

#include <cstdint>

namespace tally {

// Floating-point operations a second of LibTorch's product of float32 matrices [m, k] and [k, n], which `threads`
// threads compute for `seconds`, each its own (RunInThreads), into memory that it has already; of all threads together.
double SgemmRate(int64_t m, int64_t k, int64_t n, int threads, double seconds);

}  // namespace tally

#endif  // TALLY_BENCH_SGEMM_H_
