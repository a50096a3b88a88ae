// The problems of token data sets as text: visited one by one, and looked up.
#ifndef TALLY_LIB_DATASET_DATASET_PROBLEMS_H_
#define TALLY_LIB_DATASET_DATASET_PROBLEMS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/dataset/token_dataset.h"
#include "lib/tasks/problem.h"

namespace tally {

// The text of ids [begin, end) of example i; PAD within an example is a space.
std::string ExampleText(const TokenDataset& dataset, int64_t i, int64_t begin, int64_t end);

// Calls visit(i, its problem) for each example. BadInput where one is no problem of `formats`.
absl::Status EachProblem(const TokenDataset& dataset, const std::vector<ProblemFormat>& formats,
                         absl::FunctionRef<void(int64_t i, const FoundProblem& problem)> visit);

// Which problems are in data sets, whatever their lines look like: Task::Key tells problems apart. Takes 24 bytes an
// example. Thread-safe.
class KnownProblems {
 public:
  // Errors of TokenDataset::Open and EachProblem.
  static absl::StatusOr<KnownProblems> Read(const std::vector<std::string>& paths);

  // Whether an example is this problem. Exact: where a hash is known, keys are compared.
  bool Has(const ParsedProblem& problem, const ProblemFormat& format) const;

  // Hashes of the data sets with spaces between: what was looked up in.
  std::string Hashes() const;

 private:
  struct Entry {
    uint64_t hash;  // of the key
    size_t dataset;
    int64_t example;
  };

  std::vector<std::unique_ptr<TokenDataset>> datasets_;
  std::vector<std::vector<ProblemFormat>> formats_;  // of each data set
  std::vector<Entry> entries_;                       // sorted by hash
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_DATASET_PROBLEMS_H_
