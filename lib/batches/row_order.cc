#include "lib/batches/row_order.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "lib/base/random.h"

namespace tally {
namespace {

// Indices of RandomStream::kBatchOrder: even ones order the rows of an epoch, odd ones the batches of a pool
// (pool_order.cc), those with the highest bit the places of a block.
constexpr uint64_t kBlockIndex = uint64_t{1} << 63;

// Cuts a block into places by weight: each data set gets the whole part of its share but at least one place, and the
// rest goes to the largest fractions (the method of largest remainders), or is taken from the largest shares.
std::vector<int64_t> Places(const std::vector<RowOrder::Dataset>& datasets) {
  double sum = 0;
  for (const RowOrder::Dataset& dataset : datasets) sum += dataset.weight;
  std::vector<double> shares;
  std::vector<int64_t> places;
  for (const RowOrder::Dataset& dataset : datasets) {
    shares.push_back(dataset.weight / sum * kMixtureBlock);
    places.push_back(std::max<int64_t>(1, static_cast<int64_t>(std::floor(shares.back()))));
  }
  int64_t rest = kMixtureBlock - std::accumulate(places.begin(), places.end(), int64_t{0});
  for (; rest > 0; --rest) {
    size_t next = 0;
    for (size_t d = 1; d < places.size(); ++d) {
      if (shares[d] - places[d] > shares[next] - places[next]) next = d;
    }
    ++places[next];
  }
  for (; rest < 0; ++rest) --*std::max_element(places.begin(), places.end());
  return places;
}

}  // namespace

RowOrder::RowOrder(const std::vector<Dataset>& datasets, int64_t pool_rows, uint64_t seed, bool sequential)
    : seed_(seed), sequential_(sequential) {
  const bool whole_pools = datasets.size() == 1 && !sequential;
  for (const Dataset& dataset : datasets) {
    rows_.push_back(dataset.rows);
    epochs_.push_back(whole_pools ? dataset.rows - dataset.rows % pool_rows : dataset.rows);
  }
  const std::vector<int64_t> places = Places(datasets);
  std::partial_sum(places.begin(), places.end(), std::back_inserter(ends_));
}

RowPlace RowOrder::operator()(int64_t position) const {
  RowPlace place;
  int64_t count = position;  // rows of this data set at earlier positions
  if (rows_.size() > 1) {
    const int64_t block = position / kMixtureBlock;
    const Permutation slots(kMixtureBlock, seed_, RandomStream::kBatchOrder, kBlockIndex | block);
    const auto slot = static_cast<int64_t>(slots(position % kMixtureBlock));
    place.dataset = std::upper_bound(ends_.begin(), ends_.end(), slot) - ends_.begin();
    count = (block + 1) * places(place.dataset) + slot - ends_[place.dataset];
  }
  const int64_t epoch = count / epochs_[place.dataset];
  place.row = count % epochs_[place.dataset];
  if (sequential_) return place;
  const uint64_t index = 2 * (epoch * rows_.size() + place.dataset);
  place.row =
      static_cast<int64_t>(Permutation(rows_[place.dataset], seed_, RandomStream::kBatchOrder, index)(place.row));
  return place;
}

}  // namespace tally
