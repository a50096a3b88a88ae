// The batches of a training run: batch `step` is a pure function of (data set, options, step), so that a resumed run
// sees what an unbroken one would have seen, and needs no state but the step (DESIGN contracts 1 and 3). Torch-free.
//
//   1. Each epoch visits the rows in a pseudo-random order (Permutation).
//   2. The order is cut into pools of pool_batches * batch_size rows; the rest of an epoch that fills no pool is left
//      out.
//   3. A pool's rows are sorted by length and cut into batches of neighbours: little of a batch is padding.
//   4. The batches of a pool come in a pseudo-random order.
#ifndef TALLY_LIB_TRAIN_BATCHES_H_
#define TALLY_LIB_TRAIN_BATCHES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/dataset/token_dataset.h"

namespace tally {

// One batch. The last token of a row is never an input, as nothing follows it.
struct Batch {
  int64_t sequences = 0;
  int64_t length = 0;            // of the longest row, without its last token
  std::vector<int64_t> ids;      // [sequences, length], padded with PAD at the end
  std::vector<int64_t> rows;     // [n] positions in `ids`, rising, whose next token the loss reads: those of answers,
                                 // EOS included, or all; never PAD
  std::vector<int64_t> labels;   // [n] these next tokens
  std::vector<int64_t> samples;  // [sequences] numbers of the rows in the data set
};

struct BatchOptions {
  int64_t batch_size = 0;
  int64_t pool_batches = 1;
  uint64_t seed = 0;
  bool answer_only = true;  // the loss reads answers; else all tokens
};

// Not thread-safe: keeps the pool it used last.
class Batches {
 public:
  // `dataset` must outlive this. BadInput where it has fewer rows than a batch.
  static absl::StatusOr<Batches> Create(const TokenDataset* dataset, const BatchOptions& options);

  // The batch of step `step` (from 0).
  Batch At(int64_t step);

 private:
  Batches(const TokenDataset* dataset, const BatchOptions& options);
  void LoadPool(int64_t pool);

  const TokenDataset* dataset_;
  BatchOptions options_;
  int64_t pools_per_epoch_;
  int64_t pool_ = -1;
  std::vector<int64_t> pool_rows_;  // of pool_, sorted by length
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_BATCHES_H_
