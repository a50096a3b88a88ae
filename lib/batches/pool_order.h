// Pools: how batches come to hold rows of about the same length. Torch-free.
#ifndef TALLY_LIB_BATCHES_POOL_ORDER_H_
#define TALLY_LIB_BATCHES_POOL_ORDER_H_

#include <cstdint>
#include <vector>

namespace tally {

struct BatchOptions {
  int64_t batch_size = 0;
  int64_t pool_batches = 1;
  uint64_t seed = 0;
  bool answer_only = true;  // the loss reads answers; else all tokens
  bool sequential = false;  // rows in the order of their file; else in a pseudo-random one
};

inline int64_t PoolRows(const BatchOptions& options) { return options.pool_batches * options.batch_size; }

// The order in which a run takes the rows of pool `pool`, whose lengths in ids are `lengths`, [PoolRows]:
//   1. The rows are sorted by length and cut into batches of neighbours: little of a batch is padding.
//   2. The batches come in a pseudo-random order.
// Returns positions in `lengths`, each once.
std::vector<int64_t> PoolOrder(const std::vector<int64_t>& lengths, int64_t pool, const BatchOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_POOL_ORDER_H_
