#include "lib/base/random.h"

#include <Random123/philox.h>

#include <bit>
#include <cmath>
#include <numbers>

namespace tally {
namespace {

// A bijective mixing of 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

void Random::Refill() {
  const philox4x32_ctr_t counter = {
      {static_cast<uint32_t>(index_), static_cast<uint32_t>(index_ >> 32), stream_, next_block_++}};
  const philox4x32_key_t key = {{static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)}};
  const philox4x32_ctr_t block = philox4x32_R(10, counter, key);
  for (int i = 0; i < 4; ++i) block_[i] = block.v[i];
  used_ = 0;
}

uint64_t Random::RedrawBelow(uint64_t product, uint32_t n) {
  const uint32_t threshold = -n % n;
  while (static_cast<uint32_t>(product) < threshold) product = uint64_t{Next32()} * n;
  return product >> 32;
}

uint64_t Random::WideBelow(uint64_t n) {
  using Wide = unsigned __int128;
  const uint64_t threshold = -n % n;
  Wide product = Wide{Next64()} * n;
  while (static_cast<uint64_t>(product) < threshold) product = Wide{Next64()} * n;
  return static_cast<uint64_t>(product >> 64);
}

double Random::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));  // 1 - u is never 0
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

Permutation::Permutation(uint64_t size, uint64_t seed, RandomStream stream, uint64_t index) : size_(size) {
  const int bits = size <= 1 ? 0 : static_cast<int>(std::bit_width(size - 1));
  half_bits_ = (bits + 1) / 2;
  Random random(seed, stream, index);
  for (uint32_t& key : keys_) key = random.Next32();
}

uint64_t Permutation::operator()(uint64_t i) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  do {
    uint64_t left = i >> half_bits_;
    uint64_t right = i & mask;
    for (const uint32_t key : keys_) {
      const uint64_t next = left ^ (Mix(uint64_t{key} << 32 | right) & mask);
      left = right;
      right = next;
    }
    i = left << half_bits_ | right;
  } while (i >= size_);  // the network's domain is below 4 * size, so few rounds lead back into 0..size-1
  return i;
}

}  // namespace tally
