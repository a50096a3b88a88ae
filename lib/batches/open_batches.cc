#include "lib/batches/open_batches.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/batches/batches.h"
#include "lib/batches/stream_batches.h"

namespace tally {
namespace {

constexpr double kHugeWeight = 1e15;

absl::Status AppendDataPath(const std::string& value, std::vector<DataPath>* paths) {
  DataPath data = {value};
  const size_t colon = value.rfind(':');
  if (colon != std::string::npos && absl::SimpleAtod(value.substr(colon + 1), &data.weight)) {
    data.path = value.substr(0, colon);
  } else {
    data.weight = 1;
  }
  if (!data.path.empty() && data.weight > 0 && data.weight <= kHugeWeight) {
    paths->push_back(data);
    return absl::OkStatus();
  }
  return UsageError(absl::StrCat("--data: found \"", value, "\", expected FILE or FILE:WEIGHT with a weight above 0"));
}

}  // namespace

absl::StatusOr<std::vector<DataPath>> ParseDataPaths(const std::vector<std::string>& values) {
  std::vector<DataPath> paths;
  for (const std::string& value : values) {
    TALLY_RETURN_IF_ERROR(AppendDataPath(value, &paths));
    if (paths.back().path == "-" && values.size() > 1) {
      return UsageError("--data=- reads a token stream, which goes with no other --data");
    }
  }
  if (paths.empty()) return UsageError("--data is missing; expected a token data set, or - for a token stream");
  if (paths.size() > kMixtureBlock) return UsageError(absl::StrCat("--data: expected at most ", kMixtureBlock));
  return paths;
}

absl::StatusOr<std::unique_ptr<BatchSource>> OpenBatches(const std::vector<std::string>& values,
                                                         const BatchOptions& options) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<DataPath> paths, ParseDataPaths(values));
  if (paths[0].path == "-") return StreamBatches::Open("-", options);
  std::vector<WeightedDataset> datasets;
  for (const DataPath& data : paths) {
    TALLY_ASSIGN_OR_RETURN(auto dataset, TokenDataset::Open(data.path));
    datasets.push_back({std::move(dataset), data.weight});
  }
  return Batches::Create(std::move(datasets), options);
}

}  // namespace tally
