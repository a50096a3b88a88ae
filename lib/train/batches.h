// The batches of a token data set. Torch-free.
//
//   1. Each epoch visits the rows in a pseudo-random order (Permutation).
//   2. The order is cut into pools of pool_batches * batch_size rows; the rest of an epoch that fills no pool is left
//      out.
//   3. A pool's rows are sorted by length and cut into batches of neighbours: little of a batch is padding.
//   4. The batches of a pool come in a pseudo-random order.
#ifndef TALLY_LIB_TRAIN_BATCHES_H_
#define TALLY_LIB_TRAIN_BATCHES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/dataset/token_dataset.h"
#include "lib/train/batch.h"

namespace tally {

struct BatchOptions {
  int64_t batch_size = 0;
  int64_t pool_batches = 1;
  uint64_t seed = 0;
  bool answer_only = true;  // the loss reads answers; else all tokens
};

// Keeps the pool it used last.
class Batches : public BatchSource {
 public:
  // BadInput where the data set has fewer rows than a batch.
  static absl::StatusOr<std::unique_ptr<Batches>> Create(std::shared_ptr<const TokenDataset> dataset,
                                                         const BatchOptions& options);

  const DataFacts& facts() const override { return facts_; }
  absl::StatusOr<Batch> Take(int64_t first, int64_t count) override;

 private:
  Batches(std::shared_ptr<const TokenDataset> dataset, const BatchOptions& options);
  void LoadPool(int64_t pool);

  const std::shared_ptr<const TokenDataset> dataset_;
  BatchOptions options_;
  DataFacts facts_;
  int64_t pools_per_epoch_;
  int64_t pool_ = -1;
  std::vector<int64_t> pool_rows_;  // of pool_, in the order of the run
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_BATCHES_H_
