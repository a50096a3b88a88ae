#include "lib/batches/batch.h"

#include <algorithm>

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

Batch MakeBatch(const std::vector<BatchRow>& rows, bool answer_only) {
  Batch batch;
  batch.sequences = static_cast<int64_t>(rows.size());
  for (const BatchRow& row : rows) batch.length = std::max<int64_t>(batch.length, row.ids.size() - 1);
  batch.ids.assign(batch.sequences * batch.length, kPadId);
  for (int64_t s = 0; s < batch.sequences; ++s) {
    const BatchRow& row = rows[s];
    batch.samples.push_back(row.sample);
    std::copy(row.ids.begin(), row.ids.end() - 1, batch.ids.begin() + s * batch.length);
    AppendLabels(row.ids, answer_only ? row.answer_start : 1, s, &batch);
  }
  return batch;
}

}  // namespace tally
