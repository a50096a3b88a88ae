// The problems that a configuration says a run trains on. Torch-free.
#ifndef TALLY_LIB_TRAIN_OPEN_BATCHES_H_
#define TALLY_LIB_TRAIN_OPEN_BATCHES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/runs/run_config.pb.h"

namespace tally {

// One value of RunConfig.data.
struct DataPath {
  std::string path;
  double weight = 1;
};

// Reads `PATH` or `PATH:WEIGHT`; what follows the last colon is a weight where it is a number. UsageError for no path,
// for a weight that is not above 0, and for "-", a stream, beside others.
absl::StatusOr<std::vector<DataPath>> ParseDataPaths(const std::vector<std::string>& values);

// Opens the data sets, or the token stream on standard input for "-". UsageError as above; errors of Batches::Create,
// TokenDataset::Open and StreamBatches::Open.
absl::StatusOr<std::unique_ptr<BatchSource>> OpenBatches(const RunConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_OPEN_BATCHES_H_
