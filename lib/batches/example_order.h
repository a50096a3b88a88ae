// The order in which a run takes the examples of its data sets. Torch-free.
//
//   1. The positions of a run are cut into blocks of 4096. Each data set has a fixed number of places in a block, its
//      share of the weights, and a pseudo-random permutation says which.
//   2. A data set's places, counted over all blocks, go through its examples epoch by epoch: each example once an
//      epoch, in a pseudo-random order, or in that of the file.
//   3. The positions are cut into pools of several batches, and each pool is sorted by length, so that little is
//   padding, or by another number first.
// So the example at a position is a pure function of (sizes, weights, seed, position), and a pool's order one of what
// it is sorted by.
#ifndef TALLY_LIB_BATCHES_EXAMPLE_ORDER_H_
#define TALLY_LIB_BATCHES_EXAMPLE_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"

namespace tally {

inline constexpr int64_t kMixtureBlock = 4096;

struct ExamplePlace {
  size_t dataset = 0;
  int64_t example = 0;
};

// Thread-safe.
class ExampleOrder {
 public:
  struct Dataset {
    int64_t examples = 0;
    double weight = 1;  // above 0
  };

  // At least one data set, at most kMixtureBlock. Where there is one and its examples are shuffled, an epoch leaves out
  // the examples that fill no pool of `pool_examples`.
  ExampleOrder(const std::vector<Dataset>& datasets, int64_t pool_examples, uint64_t seed, bool sequential);

  // The example at `position`, from 0 on without end.
  ExamplePlace operator()(int64_t position) const;

  // Places of data set d in a block.
  int64_t places(size_t d) const { return ends_[d] - (d == 0 ? 0 : ends_[d - 1]); }

 private:
  std::vector<int64_t> sizes_;
  std::vector<int64_t> epochs_;  // examples of an epoch
  std::vector<int64_t> ends_;    // of each data set's places in a block
  uint64_t seed_;
  bool sequential_;
};

// How a run cuts its examples into batches.
struct BatchOptions {
  int64_t batch_size = 0;
  int64_t pool_batches = 1;
  uint64_t seed = 0;
  bool answer_only = true;  // the loss reads answers; else all tokens
  bool sequential = false;  // examples in the order of their file; else in a pseudo-random one

  // A number by which pools are sorted before length, of an example's ids; thread-safe. Null: by length alone.
  std::function<int64_t(absl::Span<const uint8_t> ids)> group = nullptr;
};

// What an example of a pool is sorted by.
struct PoolKey {
  int64_t group = 0;
  int64_t length = 0;  // in ids
};

// That of the example `ids` [length]: its group is 0 without options.group.
PoolKey PoolKeyOf(absl::Span<const uint8_t> ids, const BatchOptions& options);

// How many examples a pool has.
inline int64_t PoolExamples(const BatchOptions& options) { return options.pool_batches * options.batch_size; }

// The order in which a run takes the examples of pool `pool`, of which `keys` tells, [PoolExamples]:
//   1. The examples are sorted by group, then by length, and cut into batches of neighbours.
//   2. The batches come in a pseudo-random order.
// Returns positions in `keys`, each once.
std::vector<int64_t> PoolOrder(const std::vector<PoolKey>& keys, int64_t pool, const BatchOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_EXAMPLE_ORDER_H_
