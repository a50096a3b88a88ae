#include "lib/train/batches.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/random.h"

namespace tally {
namespace {

// Appends the tokens of sequence `s` from `start` on to the labels.
void AppendLabels(absl::Span<const uint8_t> row, int64_t start, int64_t s, Batch* batch) {
  for (int64_t t = start; t < static_cast<int64_t>(row.size()); ++t) {
    if (row[t] == kPadId) continue;
    batch->rows.push_back(s * batch->length + t - 1);
    batch->labels.push_back(row[t]);
  }
}

}  // namespace

absl::StatusOr<Batches> Batches::Create(const TokenDataset* dataset, const BatchOptions& options) {
  if (dataset->rows() < options.batch_size) {
    return BadInputError(absl::StrCat(dataset->path(), ": found ", dataset->rows(), " problems, expected at least ",
                                      options.batch_size, ", one batch"));
  }
  return Batches(dataset, options);
}

Batches::Batches(const TokenDataset* dataset, const BatchOptions& options) : dataset_(dataset), options_(options) {
  options_.pool_batches = std::clamp<int64_t>(options.pool_batches, 1, dataset->rows() / options.batch_size);
  pools_per_epoch_ = dataset->rows() / (options_.pool_batches * options.batch_size);
}

void Batches::LoadPool(int64_t pool) {
  pool_ = pool;
  const int64_t size = options_.pool_batches * options_.batch_size;
  const Permutation order(dataset_->rows(), options_.seed, RandomStream::kBatchOrder, 2 * (pool / pools_per_epoch_));
  const int64_t begin = pool % pools_per_epoch_ * size;
  pool_rows_.clear();
  for (int64_t i = 0; i < size; ++i) pool_rows_.push_back(static_cast<int64_t>(order(begin + i)));
  std::stable_sort(pool_rows_.begin(), pool_rows_.end(),
                   [this](int64_t a, int64_t b) { return dataset_->RowLength(a) < dataset_->RowLength(b); });
}

Batch Batches::At(int64_t step) {
  const int64_t pool = step / options_.pool_batches;
  if (pool != pool_) LoadPool(pool);
  // Odd indices order the batches of a pool, even ones the rows of an epoch.
  const Permutation order(options_.pool_batches, options_.seed, RandomStream::kBatchOrder, 2 * pool + 1);
  const int64_t first = static_cast<int64_t>(order(step % options_.pool_batches)) * options_.batch_size;
  Batch batch;
  batch.sequences = options_.batch_size;
  batch.samples.assign(pool_rows_.begin() + first, pool_rows_.begin() + first + batch.sequences);
  batch.length = dataset_->RowLength(batch.samples.back()) - 1;
  batch.ids.assign(batch.sequences * batch.length, kPadId);
  for (int64_t s = 0; s < batch.sequences; ++s) {
    const absl::Span<const uint8_t> row = dataset_->Row(batch.samples[s]);
    std::copy(row.begin(), row.end() - 1, batch.ids.begin() + s * batch.length);
    AppendLabels(row, options_.answer_only ? dataset_->AnswerStart(batch.samples[s]) : 1, s, &batch);
  }
  return batch;
}

}  // namespace tally
