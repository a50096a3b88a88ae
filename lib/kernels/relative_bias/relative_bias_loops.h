// The clipped relative bias (relative_bias.h) on the CPU, sample by sample, without LibTorch.
#ifndef TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_LOOPS_H_
#define TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_LOOPS_H_

#include <cstdint>

#include "lib/kernels/cuda/relative_bias_pair.h"

namespace tally {

// Writes sample b of x.out. Thread-safe for different samples.
void RelativeBiasForward(const RelativeBiasArrays& x, int64_t b);

// Writes sample b of x.of_samples. Thread-safe for different samples.
void RelativeBiasBackward(const RelativeBiasArrays& x, int64_t b);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_BIAS_LOOPS_H_
