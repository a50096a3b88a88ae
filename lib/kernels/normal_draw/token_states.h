// Random states of tokens, where looped models start: pure functions of (seed, sample, position), so that neither
// batching nor restarts change them, contracts 1 and 4 (docs/architecture.md).
#ifndef TALLY_LIB_KERNELS_NORMAL_DRAW_TOKEN_STATES_H_
#define TALLY_LIB_KERNELS_NORMAL_DRAW_TOKEN_STATES_H_

#include <cstdint>
#include <vector>

namespace tally {

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

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_NORMAL_DRAW_TOKEN_STATES_H_
