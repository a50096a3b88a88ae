// Random states of tokens, state by state (lib/kernels/normal_draw/normal_draw.h). The numbers are those of the CPU
// but for the last bits of logarithm and cosine, which are the device's.
#ifndef TALLY_LIB_KERNELS_CUDA_TOKEN_STATES_ROW_H_
#define TALLY_LIB_KERNELS_CUDA_TOKEN_STATES_ROW_H_

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace tally {

struct TokenStatesArrays {
  uint64_t seed = 0;
  uint32_t stream = 0;
  const int64_t* samples = nullptr;  // [rows / positions], bits of unsigned numbers
  int64_t rows = 0;                  // states in all
  int64_t begin = 0, positions = 0;  // of each sample
  int64_t width = 0;
  double deviation = 1;
  bool unit = false;
  float* out = nullptr;  // [rows, width]
};

// Number `block` of the normal numbers of (seed, stream, sample): Random::Normal.
TALLY_HOST_DEVICE inline double NormalNumber(uint64_t seed, uint32_t stream, uint64_t sample, uint32_t block) {
  const philox4x32_ctr_t counter = {
      {static_cast<uint32_t>(sample), static_cast<uint32_t>(sample >> 32), stream, block}};
  const philox4x32_key_t key = {{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}};
  const philox4x32_ctr_t words = philox4x32_R(10, counter, key);
  const auto uniform = [&words](int low) {
    return static_cast<double>((words.v[low] | static_cast<uint64_t>(words.v[low + 1]) << 32) >> 11) * 0x1.0p-53;
  };
  return sqrt(-2.0 * log(1.0 - uniform(0))) * cos(6.283185307179586 * uniform(2));
}

// Lane `lane` of `lanes` that share state `row`: every lanes-th of its features. sum(x): the sum of x over the lanes.
template <typename Sum>
TALLY_HOST_DEVICE void TokenStatesRow(const TokenStatesArrays& x, int64_t row, int lane, int lanes, const Sum& sum) {
  float* const features = x.out + row * x.width;
  const uint64_t sample = static_cast<uint64_t>(x.samples[row / x.positions]);
  const int64_t first = (x.begin + row % x.positions) * x.width;
  double total = 0, square = 0;
  for (int64_t i = lane; i < x.width; i += lanes) {
    features[i] =
        static_cast<float>(x.deviation * NormalNumber(x.seed, x.stream, sample, static_cast<uint32_t>(first + i)));
    total += features[i];
  }
  if (!x.unit) return;
  const double mean = sum(total) / static_cast<double>(x.width);
  for (int64_t i = lane; i < x.width; i += lanes) square += (features[i] - mean) * (features[i] - mean);
  const double scale = 1 / sqrt(sum(square) / static_cast<double>(x.width - 1));
  for (int64_t i = lane; i < x.width; i += lanes) features[i] = static_cast<float>((features[i] - mean) * scale);
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_CUDA_TOKEN_STATES_ROW_H_
