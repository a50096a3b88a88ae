// Examples on disk until all are known, to be written in another order or to several data sets.
//
// Shuffled, in memory that grows with a 64th of the data:
//   1. Add sends example i to one of 64 anonymous temporary files, drawn by (seed, i).
//   2. ReadAll reads the files one after another and returns each one's examples in an order drawn by (seed, file).
// All orders of the examples are equally likely, and the same seed gives the same one.
#ifndef TALLY_LIB_DATASET_EXAMPLE_SPOOL_H_
#define TALLY_LIB_DATASET_EXAMPLE_SPOOL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/dataset/example_facts.h"
#include "lib/dataset/spool_file.h"

namespace tally {

// Not thread-safe.
class ExampleSpool {
 public:
  // In `folder`, which must have room for the examples. CannotCreate.
  static absl::StatusOr<std::unique_ptr<ExampleSpool>> Open(const std::string& folder, bool shuffle, uint64_t seed);

  // IoError (disk full).
  absl::Status Add(const TokenizedProblem& example);

  int64_t examples() const { return examples_; }

  // Calls `consume` for every example; stops at its first error. IoError.
  absl::Status ReadAll(absl::FunctionRef<absl::Status(const TokenizedProblem&)> consume);

 private:
  ExampleSpool(uint64_t seed, std::vector<std::unique_ptr<SpoolFile>> files) : seed_(seed), files_(std::move(files)) {}
  absl::Status ReadShuffled(size_t file, absl::FunctionRef<absl::Status(const TokenizedProblem&)> consume);

  const uint64_t seed_;
  std::vector<std::unique_ptr<SpoolFile>> files_;  // one, or as many as shuffling takes
  int64_t examples_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_EXAMPLE_SPOOL_H_
