// The batches of token data sets, and what a run trains on by the names of its files. Torch-free.
//
//   1. The examples of all data sets come in one order without end (example_order.h).
//   2. The order is cut into pools of pool_batches * batch_size examples, and each pool sorted, by length as a rule.
#ifndef TALLY_LIB_BATCHES_BATCHES_H_
#define TALLY_LIB_BATCHES_BATCHES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/batches/example_order.h"
#include "lib/dataset/data_path.h"
#include "lib/dataset/token_dataset.h"

namespace tally {

struct WeightedDataset {
  std::shared_ptr<const TokenDataset> data;
  double weight = 1;  // above 0: share of a run's problems, after division by the sum of weights
};

// Keeps the pool it used last. Batch.samples numbers the examples of all data sets one after another.
class Batches : public BatchSource {
 public:
  // Errors of Mixture::Add; BadInput where the data sets have fewer examples together than a batch.
  static absl::StatusOr<std::unique_ptr<Batches>> Create(std::vector<WeightedDataset> datasets,
                                                         const BatchOptions& options);

  const DataFacts& facts() const override { return facts_; }
  absl::StatusOr<Batch> Take(int64_t first, int64_t count) override;
  absl::StatusOr<std::string> Fingerprint(int64_t first) override;

 private:
  Batches(std::vector<WeightedDataset> datasets, const BatchOptions& options, ExampleOrder order, DataFormat format);
  void LoadPool(int64_t pool);
  Example ExampleAt(int64_t position) const;

  const std::vector<WeightedDataset> datasets_;
  const BatchOptions options_;
  const ExampleOrder order_;
  std::vector<int64_t> first_samples_;  // of each data set
  DataFacts facts_;
  int64_t pool_ = -1;
  std::vector<Example> pool_examples_;  // of pool_, in the order of the run
};

// Data sets and their shares of a run's problems (SplitDataPath). UsageError for no path, for a weight that is not
// above 0, and for "-", a stream, beside others.
absl::StatusOr<std::vector<DataPath>> ParseDataPaths(const std::vector<std::string>& values);

// Opens the data sets of `values`, or the token stream on standard input for "-". UsageError as above; errors of
// Batches::Create, TokenDataset::Open and StreamBatches::Open.
absl::StatusOr<std::unique_ptr<BatchSource>> OpenBatches(const std::vector<std::string>& values,
                                                         const BatchOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_BATCHES_H_
