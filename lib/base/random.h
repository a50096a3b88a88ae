// Counter-based random numbers, contract 1 of docs/architecture.md: the numbers of sample `index` depend on nothing but
// (seed, stream, index), so that shards, threads and restarts cannot change them.
//
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, by Random123.
// Key = seed; counter = (index, stream, block), where block counts the 16-byte blocks drawn so far.
#ifndef TALLY_LIB_BASE_RANDOM_H_
#define TALLY_LIB_BASE_RANDOM_H_

#include <cstdint>

namespace tally {

// Every use of random numbers has a stream of its own. The numbers are part of the file formats: never renumber.
enum class RandomStream : uint32_t {
  kProblem = 1,              // operands of training problems
  kProblemOrder = 2,         // order of datagen's lines
  kBatchOrder = 3,           // order of problems within an epoch of training
  kParameters = 4,           // initial parameters; index = position of the parameter in the model
  kTrainingStep = 5,         // draws of a training step (offsets); index = step
  kEvaluation = 6,           // operands of evaluation problems
  kInitialState = 7,         // random initial states of looped models
  kSampleOffset = 8,         // offset of a position table for each sample; index = sample
  kTablePositions = 9,       // rows of LEARNED_RAND
  kAttentionPositions = 10,  // random positions of FIRE in training
  kSampledAnswer = 11,       // answers drawn at a temperature; index = sample
  kRecurrences = 12,         // recurrences of the progressive loss; index = step
  kExampleShuffle = 13,      // order of tokenize's examples
  kLogitFactor = 14,         // factor on attention logits in training; index = step
  kCurvature = 15,           // probes of the Hessian (Hutchinson); index = update
  kFarBias = 16,             // bias of far keys in training; index = step
  kExtraRecurrences = 17,    // recurrences of a training step beyond those of its problems; index = step
  kTaughtRecurrence = 18,    // the recurrence that a problem trains from its true state; index = sample
  kTest = 1000,              // unit tests
};

// A source of random numbers for one sample. Cheap to make and copy; not thread-safe.
class Random {
 public:
  Random(uint64_t seed, RandomStream stream, uint64_t index)
      : seed_(seed), index_(index), stream_(static_cast<uint32_t>(stream)) {}

  uint32_t Next32() {
    if (used_ == 4) Refill();
    return block_[used_++];
  }
  uint64_t Next64() {
    const uint64_t low = Next32();
    return low | static_cast<uint64_t>(Next32()) << 32;
  }

  // Uniform on 0..n-1, exactly (rejection); n >= 1. Draws 32-bit numbers where n < 2^32 and 64-bit ones above; which,
  // and how many, is part of the file formats. Lemire, "Fast random integer generation in an interval", ACM TOMACS
  // 29(1), 2019: the high half of x * n is uniform once the x whose low half is below 2^bits mod n are drawn again.
  uint64_t Below(uint64_t n) {
    if (n > UINT32_MAX) return WideBelow(n);
    const uint64_t product = uint64_t{Next32()} * n;
    return static_cast<uint32_t>(product) >= n ? product >> 32 : RedrawBelow(product, static_cast<uint32_t>(n));
  }

  // Uniform on [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next64() >> 11) * 0x1.0p-53; }

  // Standard normal (Box-Muller, two uniforms a call).
  double Normal();

  // Passes over the next `count` results of Normal at once. Only where nothing but Normal has been drawn.
  void SkipNormals(uint64_t count) { next_block_ += static_cast<uint32_t>(count); }  // each takes one whole block

 private:
  void Refill();
  uint64_t RedrawBelow(uint64_t product, uint32_t n);
  uint64_t WideBelow(uint64_t n);

  uint64_t seed_;
  uint64_t index_;
  uint32_t stream_;
  uint32_t next_block_ = 0;
  int used_ = 4;
  uint32_t block_[4];
};

// A pseudo-random permutation of 0..size-1 in constant memory: a four-round Feistel network over the smallest even
// number of bits that holds size-1, with cycle walking (Black and Rogaway, "Ciphers with arbitrary finite domains",
// CT-RSA 2002). Thread-safe.
class Permutation {
 public:
  Permutation(uint64_t size, uint64_t seed, RandomStream stream, uint64_t index = 0);

  // Where `i` (< size) goes.
  uint64_t operator()(uint64_t i) const;

 private:
  uint64_t size_;
  int half_bits_;
  uint32_t keys_[4];
};

}  // namespace tally

#endif  // TALLY_LIB_BASE_RANDOM_H_
