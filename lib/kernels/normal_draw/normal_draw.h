// Normal random numbers, many at a time: the same floats that Random::Normal (lib/base/random.h) gives one by one; and
// random states of tokens made of them, where looped models start: pure functions of (seed, sample, position), so that
// neither batching nor restarts change them, contracts 1 and 4 (docs/architecture.md).
//
// Philox is counter-based: number k needs none of the numbers before it, so that vectors of counters give vectors of
// numbers, and threads may draw any parts. Instructions are chosen at run time (Highway).
#ifndef TALLY_LIB_KERNELS_NORMAL_DRAW_NORMAL_DRAW_H_
#define TALLY_LIB_KERNELS_NORMAL_DRAW_NORMAL_DRAW_H_

#include <cstdint>
#include <vector>

#include "lib/base/random.h"

namespace at {
class Tensor;
}  // namespace at
namespace c10 {
struct Device;
}  // namespace c10

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
// Logarithm and cosine are polynomials in double precision, many numbers at a time. A number that their error could
// round to another float than the C library's is drawn again by Random, one in some ten thousand: the floats are equal,
// not nearly.
void DrawNormals(const NormalSequence& sequence, int64_t count, float* out);

// The same by Random, one after another.
void DrawNormalsPlain(const NormalSequence& sequence, int64_t count, float* out);

// States of `width` features for positions begin, ..., end - 1 of each sample. Feature i of position t is normal number
// t * width + i of the sample's stream, counted modulo 2^32: a longer sequence begins with the same states.
struct TokenStates {
  uint64_t seed = 0;
  std::vector<uint64_t> samples;
  int64_t begin = 0, end = 0, width = 0;
  double deviation = 1;  // positive
  bool unit = false;     // each state shifted and scaled to mean 0 and, counted with one feature less, variance 1

  int64_t states() const { return static_cast<int64_t>(samples.size()) * (end - begin); }
};

// Writes the states to `out`, [samples, end - begin, width], in `threads` threads; the floats do not depend on their
// number. Thread-safe.
void DrawTokenStates(const TokenStates& states, int threads, float* out);

// The same, one number after another.
void DrawTokenStatesPlain(const TokenStates& states, float* out);

// The states on `device`, [samples, end - begin, width] float32. On the CPU they are drawn in as many threads as
// LibTorch's operators have; on a CUDA device, in builds with kernels for it, there, within 1e-6 of the CPU's. Other
// devices get a copy of the CPU's.
at::Tensor TokenStatesTensor(const TokenStates& states, c10::Device device);

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORMAL_DRAW_NORMAL_DRAW_H_
