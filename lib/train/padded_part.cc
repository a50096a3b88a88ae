#include "lib/train/padded_part.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

constexpr int64_t kLabelGrain = 16;

int64_t RoundUp(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

// The places of labels, and of further tokens from token `begin` of their sequences on, the last ones, until there are
// `wanted`; rising.
std::vector<int64_t> Chosen(const std::vector<int64_t>& label_at, int64_t length, int64_t begin, int64_t wanted) {
  std::vector<int64_t> places;
  for (size_t place = 0; place < label_at.size(); ++place) {
    if (label_at[place] >= 0) places.push_back(static_cast<int64_t>(place));
  }
  for (int64_t place = static_cast<int64_t>(label_at.size()) - 1; place >= 0; --place) {
    if (static_cast<int64_t>(places.size()) == wanted) break;
    if (label_at[place] < 0 && place % length >= begin) places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

PaddedPart PadPart(const Batch& batch, int64_t first, int64_t sequences, const std::vector<float>& weights,
                   bool lengthen) {
  const int64_t length = lengthen ? RoundUp(batch.length, kLengthGrain) : batch.length;
  const int64_t label = batch.FirstLabel(first), count = batch.FirstLabel(first + sequences) - label;
  PaddedPart part;
  part.ids = at::full({sequences, length}, kPadId, at::kLong);
  for (int64_t s = 0; s < sequences; ++s) {
    std::copy_n(batch.ids.begin() + (first + s) * batch.length, batch.length,
                part.ids.mutable_data_ptr<int64_t>() + s * length);
  }
  std::vector<int64_t> label_at(sequences * length, -1);  // number of the label of each place
  int64_t begin = length;
  for (int64_t i = label; i < label + count; ++i) {
    const int64_t place = batch.label_positions[i], sequence = place / batch.length;
    begin = std::min(begin, place - sequence * batch.length);
    label_at[(sequence - first) * length + place - sequence * batch.length] = i;
  }
  // Places that fill up are taken from the end, and are none that would lengthen what attention computes.
  const std::vector<int64_t> places = Chosen(label_at, length, begin, RoundUp(count, RoundUp(sequences, kLabelGrain)));
  const int64_t n = static_cast<int64_t>(places.size());
  part.rows = at::empty({n}, at::kLong);
  part.labels = at::full({n}, kPadId, at::kLong);
  part.weights = at::zeros({n}, at::kFloat);
  part.sequences = at::full({n}, sequences, at::kLong);
  for (int64_t i = 0; i < n; ++i) {
    part.rows.mutable_data_ptr<int64_t>()[i] = places[i];
    const int64_t of_place = label_at[places[i]];
    if (of_place < 0) continue;
    part.labels.mutable_data_ptr<int64_t>()[i] = batch.labels[of_place];
    part.weights.mutable_data_ptr<float>()[i] = weights[of_place];
    part.sequences.mutable_data_ptr<int64_t>()[i] = places[i] / length;
  }
  return part;
}

}  // namespace tally
