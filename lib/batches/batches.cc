#include "lib/batches/batches.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/batches/stream_batches.h"

namespace tally {
namespace {

constexpr double kHugeWeight = 1e15;

std::string FingerprintOf(const std::vector<WeightedDataset>& datasets) {
  const bool several = datasets.size() > 1;
  return absl::StrJoin(datasets, "; ", [several](std::string* out, const WeightedDataset& dataset) {
    const TokenDataset& data = *dataset.data;
    absl::StrAppend(out, data.examples(), " problems, ", data.tokens(), " tokens, hash ", data.hash());
    if (several) absl::StrAppend(out, ", weight ", dataset.weight);
  });
}

DataFacts FactsOf(const std::vector<WeightedDataset>& datasets, DataFormat format) {
  DataFacts facts;
  facts.format = std::move(format);
  facts.description = FingerprintOf(datasets);
  if (facts.format.tasks.size() > 1) {
    facts.description = absl::StrCat(NamesOf(facts.format.tasks), ": ", facts.description);
  }
  for (const auto& [data, weight] : datasets) {
    facts.longest_example = std::max(facts.longest_example, data->longest_example());
    facts.longest_number = std::max(facts.longest_number, data->longest_number());
    facts.examples += data->examples();
  }
  return facts;
}

absl::Status AppendDataPath(const std::string& value, std::vector<DataPath>* paths) {
  const DataPath data = SplitDataPath(value);
  if (!data.path.empty() && data.weight > 0 && data.weight <= kHugeWeight) {
    paths->push_back(data);
    return absl::OkStatus();
  }
  return UsageError(absl::StrCat("--data: found \"", value, "\", expected FILE or FILE:WEIGHT with a weight above 0"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Batches>> Batches::Create(std::vector<WeightedDataset> datasets,
                                                         const BatchOptions& options) {
  Mixture mixture;
  int64_t examples = 0;
  std::vector<ExampleOrder::Dataset> sizes;
  for (const auto& [data, weight] : datasets) {
    TALLY_RETURN_IF_ERROR(mixture.Add(data->data_format(), data->path()));
    examples += data->examples();
    sizes.push_back({data->examples(), weight});
  }
  if (examples < options.batch_size) {
    return BadInputError(absl::StrCat(datasets[0].data->path(), ": found ", examples, " problems, expected at least ",
                                      options.batch_size, ", one batch"));
  }
  BatchOptions fitted = options;
  // A file in its own order is used as a stream would be, whose end is not known.
  if (!options.sequential) {
    fitted.pool_batches = std::clamp<int64_t>(options.pool_batches, 1, examples / options.batch_size);
  }
  const ExampleOrder order(sizes, PoolExamples(fitted), options.seed, options.sequential);
  return absl::WrapUnique(new Batches(std::move(datasets), fitted, order, mixture.format()));
}

Batches::Batches(std::vector<WeightedDataset> datasets, const BatchOptions& options, ExampleOrder order,
                 DataFormat format)
    : datasets_(std::move(datasets)),
      options_(options),
      order_(std::move(order)),
      facts_(FactsOf(datasets_, std::move(format))) {
  int64_t examples = 0;
  for (const WeightedDataset& dataset : datasets_) {
    first_samples_.push_back(examples);
    examples += dataset.data->examples();
  }
}

absl::StatusOr<std::string> Batches::Fingerprint(int64_t /*first*/) { return FingerprintOf(datasets_); }

Example Batches::ExampleAt(int64_t position) const {
  const ExamplePlace place = order_(position);
  const TokenDataset& data = *datasets_[place.dataset].data;
  return {data.Example(place.example), data.AnswerStart(place.example), first_samples_[place.dataset] + place.example};
}

void Batches::LoadPool(int64_t pool) {
  const int64_t size = PoolExamples(options_);
  std::vector<Example> examples;
  std::vector<PoolKey> keys;
  for (int64_t i = 0; i < size; ++i) {
    examples.push_back(ExampleAt(pool * size + i));
    keys.push_back(PoolKeyOf(examples.back().ids, options_));
  }
  pool_examples_.clear();
  for (const int64_t i : PoolOrder(keys, pool, options_)) pool_examples_.push_back(examples[i]);
  pool_ = pool;
}

absl::StatusOr<Batch> Batches::Take(int64_t first, int64_t count) {
  const int64_t size = PoolExamples(options_);
  std::vector<Example> examples;
  for (int64_t i = first; i < first + count; ++i) {
    if (i / size != pool_) LoadPool(i / size);
    examples.push_back(pool_examples_[i % size]);
  }
  return MakeBatch(examples, options_.answer_only);
}

absl::StatusOr<std::vector<DataPath>> ParseDataPaths(const std::vector<std::string>& values) {
  std::vector<DataPath> paths;
  for (const std::string& value : values) {
    TALLY_RETURN_IF_ERROR(AppendDataPath(value, &paths));
    if (paths.back().path == "-" && values.size() > 1) {
      return UsageError("--data=- reads a token stream, which goes with no other --data");
    }
    if (paths.back().path == "-" && value != "-") {
      return UsageError(absl::StrCat("--data=", value, ": a token stream has no weight; expected --data=-"));
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
