// A small evaluation while a model trains: teacher-forced answers to held-out problems (contract 4 of
// docs/architecture.md).
#ifndef TALLY_LIB_TRAIN_VALIDATION_H_
#define TALLY_LIB_TRAIN_VALIDATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/batches/batch.h"
#include "lib/dataset/token_dataset.h"
#include "lib/model/model.h"
#include "lib/runs/metrics.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// Not thread-safe; uses threads.
class Validation {
 public:
  // Opens the token data set `path` for `model`, which must outlive this. BadInput where it is damaged, has another
  // vocabulary or lines that the model's position table is too short for. MissingInput.
  static absl::StatusOr<std::unique_ptr<Validation>> Open(const std::string& path, const Model* model,
                                                          const Vocabulary& vocabulary, uint64_t seed, int threads);

  // Answers every problem with the model as it is; of several tasks each is counted by itself too. Random initial
  // states depend on (seed, row): equal parameters give equal results.
  ValidationMetrics Run() const;

 private:
  struct Sums;

  Validation(std::unique_ptr<TokenDataset> data, const Model* model, uint64_t seed, int threads);
  Batch BatchAt(int64_t first) const;
  Sums ScoreAt(int64_t first) const;
  std::string Answered(const Batch& batch, int64_t s, bool exact, const int64_t* predictions) const;

  const std::unique_ptr<TokenDataset> data_;
  const Model* const model_;
  const uint64_t seed_;
  const int threads_;
  const std::vector<ProblemFormat> formats_;
  std::vector<int64_t> order_;     // rows, short ones first
  std::vector<size_t> format_of_;  // each row's, among formats_
};

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_VALIDATION_H_
