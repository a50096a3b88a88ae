#include "lib/batches/batch.h"

#include <algorithm>

namespace tally {
namespace {

// Appends the tokens of sequence `s` from `start` on to the labels.
void AppendLabels(absl::Span<const uint8_t> example, int64_t start, int64_t s, Batch* batch) {
  for (int64_t t = start; t < static_cast<int64_t>(example.size()); ++t) {
    if (example[t] == kPadId) continue;
    batch->label_positions.push_back(s * batch->length + t - 1);
    batch->labels.push_back(example[t]);
  }
}

}  // namespace

int64_t Batch::FirstLabel(int64_t sequence) const {
  return std::lower_bound(label_positions.begin(), label_positions.end(), sequence * length) - label_positions.begin();
}

Batch MakeBatch(const std::vector<Example>& examples, bool answer_only) {
  Batch batch;
  batch.sequences = static_cast<int64_t>(examples.size());
  for (const Example& example : examples) batch.length = std::max<int64_t>(batch.length, example.ids.size() - 1);
  batch.ids.assign(batch.sequences * batch.length, kPadId);
  for (int64_t s = 0; s < batch.sequences; ++s) {
    const Example& example = examples[s];
    batch.samples.push_back(example.sample);
    std::copy(example.ids.begin(), example.ids.end() - 1, batch.ids.begin() + s * batch.length);
    AppendLabels(example.ids, answer_only ? example.answer_start : 1, s, &batch);
  }
  return batch;
}

}  // namespace tally
