#include "lib/batches/pool_order.h"

#include <algorithm>
#include <numeric>

#include "lib/base/random.h"

namespace tally {

std::vector<int64_t> PoolOrder(const std::vector<int64_t>& lengths, int64_t pool, const BatchOptions& options) {
  std::vector<int64_t> sorted(lengths.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::stable_sort(sorted.begin(), sorted.end(), [&](int64_t a, int64_t b) { return lengths[a] < lengths[b]; });
  // Odd indices order the batches of a pool, even ones the rows of an epoch (row_order.cc).
  const Permutation batches(options.pool_batches, options.seed, RandomStream::kBatchOrder, 2 * pool + 1);
  std::vector<int64_t> order;
  for (int64_t b = 0; b < options.pool_batches; ++b) {
    const auto first = sorted.begin() + static_cast<int64_t>(batches(b)) * options.batch_size;
    order.insert(order.end(), first, first + options.batch_size);
  }
  return order;
}

}  // namespace tally
