// The rows of a run's data sets one after the other, before pools sort them by length (pool_order.h). Torch-free.
//
//   1. The positions of a run are cut into blocks of 4096. Each data set has a fixed number of places in a block, its
//      share of the weights, and a pseudo-random permutation says which.
//   2. A data set's places, counted over all blocks, go through its rows epoch by epoch: each row once an epoch, in a
//      pseudo-random order, or in that of the file.
// So the row at a position is a pure function of (sizes, weights, seed, position).
#ifndef TALLY_LIB_BATCHES_ROW_ORDER_H_
#define TALLY_LIB_BATCHES_ROW_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tally {

inline constexpr int64_t kMixtureBlock = 4096;

struct RowPlace {
  size_t dataset = 0;
  int64_t row = 0;
};

// Thread-safe.
class RowOrder {
 public:
  struct Dataset {
    int64_t rows = 0;
    double weight = 1;  // above 0
  };

  // At least one data set, at most kMixtureBlock. Where there is one and its rows are shuffled, an epoch leaves out the
  // rows that fill no pool of `pool_rows`.
  RowOrder(const std::vector<Dataset>& datasets, int64_t pool_rows, uint64_t seed, bool sequential);

  // The row at `position`, from 0 on without end.
  RowPlace operator()(int64_t position) const;

  // Places of data set d in a block.
  int64_t places(size_t d) const { return ends_[d] - (d == 0 ? 0 : ends_[d - 1]); }

 private:
  std::vector<int64_t> rows_;
  std::vector<int64_t> epochs_;  // rows of an epoch
  std::vector<int64_t> ends_;    // of each data set's places in a block
  uint64_t seed_;
  bool sequential_;
};

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_ROW_ORDER_H_
