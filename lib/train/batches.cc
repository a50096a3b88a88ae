#include "lib/train/batches.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/random.h"

namespace tally {
namespace {

DataFacts FactsOf(const TokenDataset& dataset) {
  DataFacts facts;
  facts.vocabulary = dataset.vocabulary();
  facts.format = dataset.format();
  facts.first_operand = dataset.first_operand();
  facts.second_operand = dataset.second_operand();
  facts.longest_row = dataset.longest_row();
  facts.longest_number = dataset.longest_number();
  facts.fingerprint = absl::StrCat(dataset.rows(), " problems, ", dataset.tokens(), " tokens, hash ", dataset.hash());
  return facts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Batches>> Batches::Create(std::shared_ptr<const TokenDataset> dataset,
                                                         const BatchOptions& options) {
  if (dataset->rows() < options.batch_size) {
    return BadInputError(absl::StrCat(dataset->path(), ": found ", dataset->rows(), " problems, expected at least ",
                                      options.batch_size, ", one batch"));
  }
  return absl::WrapUnique(new Batches(std::move(dataset), options));
}

Batches::Batches(std::shared_ptr<const TokenDataset> dataset, const BatchOptions& options)
    : dataset_(std::move(dataset)), options_(options), facts_(FactsOf(*dataset_)) {
  options_.pool_batches = std::clamp<int64_t>(options.pool_batches, 1, dataset_->rows() / options.batch_size);
  pools_per_epoch_ = dataset_->rows() / (options_.pool_batches * options.batch_size);
}

void Batches::LoadPool(int64_t pool) {
  const int64_t size = options_.pool_batches * options_.batch_size;
  // Odd indices order the batches of a pool, even ones the rows of an epoch.
  const Permutation rows(dataset_->rows(), options_.seed, RandomStream::kBatchOrder, 2 * (pool / pools_per_epoch_));
  const Permutation batches(options_.pool_batches, options_.seed, RandomStream::kBatchOrder, 2 * pool + 1);
  const int64_t begin = pool % pools_per_epoch_ * size;
  std::vector<int64_t> sorted;
  for (int64_t i = 0; i < size; ++i) sorted.push_back(static_cast<int64_t>(rows(begin + i)));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [this](int64_t a, int64_t b) { return dataset_->RowLength(a) < dataset_->RowLength(b); });
  pool_rows_.clear();
  for (int64_t b = 0; b < options_.pool_batches; ++b) {
    const auto first = sorted.begin() + static_cast<int64_t>(batches(b)) * options_.batch_size;
    pool_rows_.insert(pool_rows_.end(), first, first + options_.batch_size);
  }
  pool_ = pool;
}

absl::StatusOr<Batch> Batches::Take(int64_t first, int64_t count) {
  const int64_t size = options_.pool_batches * options_.batch_size;
  std::vector<BatchRow> rows;
  for (int64_t i = first; i < first + count; ++i) {
    if (i / size != pool_) LoadPool(i / size);
    const int64_t row = pool_rows_[i % size];
    rows.push_back({dataset_->Row(row), dataset_->AnswerStart(row), row});
  }
  return MakeBatch(rows, options_.answer_only);
}

}  // namespace tally
