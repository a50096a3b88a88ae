// The problems that a run trains on, by the names of their files. Torch-free.
#ifndef TALLY_LIB_BATCHES_OPEN_BATCHES_H_
#define TALLY_LIB_BATCHES_OPEN_BATCHES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/batches/example_order.h"

namespace tally {

// A data set and its share of a run's problems.
struct DataPath {
  std::string path;
  double weight = 1;
};

// Reads `PATH` or `PATH:WEIGHT`; what follows the last colon is a weight where it is a number. UsageError for no path,
// for a weight that is not above 0, and for "-", a stream, beside others.
absl::StatusOr<std::vector<DataPath>> ParseDataPaths(const std::vector<std::string>& values);

// Opens the data sets of `values`, or the token stream on standard input for "-". UsageError as above; errors of
// Batches::Create, TokenDataset::Open and StreamBatches::Open.
absl::StatusOr<std::unique_ptr<BatchSource>> OpenBatches(const std::vector<std::string>& values,
                                                         const BatchOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_OPEN_BATCHES_H_
