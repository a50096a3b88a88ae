#include <algorithm>
#include <cmath>

#include "lib/base/thread_pool.h"
#include "lib/kernels/normal_draw/normal_draw.h"

namespace tally {
namespace {

constexpr int64_t kWorthAThread = 1 << 14;  // numbers: some ten times what a thread takes to wake up

// Mean 0 and, counted with one feature less, variance 1: features [kStates, width] in place. Sums run over a state's
// features in order, in double precision. Several states at a time, as each addition waits for the one before.
template <int kStates>
void Standardise(float* features, int64_t width) {
  double mean[kStates] = {}, square[kStates] = {}, scale[kStates];
  for (int64_t i = 0; i < width; ++i) {
    for (int k = 0; k < kStates; ++k) mean[k] += features[k * width + i];
  }
  for (double& sum : mean) sum /= width;
  for (int64_t i = 0; i < width; ++i) {
    for (int k = 0; k < kStates; ++k) {
      const double difference = features[k * width + i] - mean[k];
      square[k] += difference * difference;
    }
  }
  for (int k = 0; k < kStates; ++k) scale[k] = 1 / std::sqrt(square[k] / (width - 1));
  for (int k = 0; k < kStates; ++k, features += width) {
    for (int64_t i = 0; i < width; ++i) features[i] = static_cast<float>((features[i] - mean[k]) * scale[k]);
  }
}

void StandardiseAll(int64_t states, int64_t width, float* features) {
  constexpr int kAtOnce = 8;
  int64_t state = 0;
  for (; state + kAtOnce <= states; state += kAtOnce) Standardise<kAtOnce>(features + state * width, width);
  for (; state < states; ++state) Standardise<1>(features + state * width, width);
}

// Calls draw(numbers, count, out) for states first, ..., last - 1 of all, a sample at a time, and standardises them.
template <typename F>
void DrawRange(const TokenStates& states, int64_t first, int64_t last, F draw, float* out) {
  const int64_t positions = states.end - states.begin, width = states.width;
  out += first * width;
  while (first < last) {
    const int64_t sample = first / positions, position = states.begin + first % positions;
    const int64_t count = std::min(last, (sample + 1) * positions) - first;
    draw({states.seed, RandomStream::kInitialState, states.samples[sample], static_cast<uint64_t>(position * width),
          states.deviation},
         count * width, out);
    if (states.unit) StandardiseAll(count, width, out);
    first += count;
    out += count * width;
  }
}

}  // namespace

void DrawTokenStates(const TokenStates& states, int threads, float* out) {
  const int64_t count = states.states(), useful = count * states.width / kWorthAThread;
  const int64_t parts = std::clamp<int64_t>(useful, 1, threads);
  RunConcurrently(static_cast<int>(parts), [&](int part) {
    DrawRange(states, count * part / parts, count * (part + 1) / parts, DrawNormals, out);
  });
}

void DrawTokenStatesPlain(const TokenStates& states, float* out) {
  DrawRange(states, 0, states.states(), DrawNormalsPlain, out);
}

}  // namespace tally
