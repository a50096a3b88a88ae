// Normal random numbers, many at a time: the same floats that Random::Normal (lib/base/random.h) gives one by one.
//
// Philox is counter-based: number k needs none of the numbers before it, so that vectors of counters give vectors of
// numbers, and threads may draw any parts. Instructions are chosen at run time (Highway).
#ifndef TALLY_LIB_KERNELS_NORMAL_DRAW_NORMAL_DRAW_H_
#define TALLY_LIB_KERNELS_NORMAL_DRAW_NORMAL_DRAW_H_

#include <cstdint>

#include "lib/base/random.h"

namespace tally {

// The results number first, first + 1, ... of Random(seed, stream, index).Normal(), counted from 0 modulo 2^32, each
// times `deviation`, which is finite and not negative.
struct NormalSequence {
  uint64_t seed = 0;
  RandomStream stream = RandomStream::kTest;
  uint64_t index = 0;
  uint64_t first = 0;
  double deviation = 1;
};

// Writes the first `count` numbers, rounded to float, to `out`. Thread-safe.
//
// Logarithm and cosine are Highway's, in double precision. A number that their error could round to another float than
// the C library's is drawn again by Random, one in some ten thousand: the floats are equal, not nearly.
void DrawNormals(const NormalSequence& sequence, int64_t count, float* out);

// The same by Random, one after another.
void DrawNormalsPlain(const NormalSequence& sequence, int64_t count, float* out);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORMAL_DRAW_NORMAL_DRAW_H_
