#include "lib/batches/example_order.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <tuple>

#include "lib/base/random.h"

namespace tally {
namespace {

// Indices of RandomStream::kBatchOrder: even ones order the examples of an epoch, odd ones the batches of a pool,
// those with the highest bit the places of a block.
constexpr uint64_t kBlockIndex = uint64_t{1} << 63;

// Cuts a block into places by weight: each data set gets the whole part of its share but at least one place, and the
// rest goes to the largest fractions (the method of largest remainders), or is taken from the largest shares.
std::vector<int64_t> Places(const std::vector<ExampleOrder::Dataset>& datasets) {
  double sum = 0;
  for (const ExampleOrder::Dataset& dataset : datasets) sum += dataset.weight;
  std::vector<double> shares;
  std::vector<int64_t> places;
  for (const ExampleOrder::Dataset& dataset : datasets) {
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

ExampleOrder::ExampleOrder(const std::vector<Dataset>& datasets, int64_t pool_examples, uint64_t seed, bool sequential)
    : seed_(seed), sequential_(sequential) {
  const bool whole_pools = datasets.size() == 1 && !sequential;
  for (const Dataset& dataset : datasets) {
    sizes_.push_back(dataset.examples);
    epochs_.push_back(whole_pools ? dataset.examples - dataset.examples % pool_examples : dataset.examples);
  }
  const std::vector<int64_t> places = Places(datasets);
  std::partial_sum(places.begin(), places.end(), std::back_inserter(ends_));
}

ExamplePlace ExampleOrder::operator()(int64_t position) const {
  ExamplePlace place;
  int64_t count = position;  // examples of this data set at earlier positions
  if (sizes_.size() > 1) {
    const int64_t block = position / kMixtureBlock;
    const Permutation slots(kMixtureBlock, seed_, RandomStream::kBatchOrder, kBlockIndex | block);
    const auto slot = static_cast<int64_t>(slots(position % kMixtureBlock));
    place.dataset = std::upper_bound(ends_.begin(), ends_.end(), slot) - ends_.begin();
    count = (block + 1) * places(place.dataset) + slot - ends_[place.dataset];
  }
  const int64_t epoch = count / epochs_[place.dataset];
  place.example = count % epochs_[place.dataset];
  if (sequential_) return place;
  const uint64_t index = 2 * (epoch * sizes_.size() + place.dataset);
  place.example =
      static_cast<int64_t>(Permutation(sizes_[place.dataset], seed_, RandomStream::kBatchOrder, index)(place.example));
  return place;
}

PoolKey PoolKeyOf(absl::Span<const uint8_t> ids, const BatchOptions& options) {
  return {options.group == nullptr ? 0 : options.group(ids), static_cast<int64_t>(ids.size())};
}

std::vector<int64_t> PoolOrder(const std::vector<PoolKey>& keys, int64_t pool, const BatchOptions& options) {
  std::vector<int64_t> sorted(keys.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::stable_sort(sorted.begin(), sorted.end(), [&](int64_t a, int64_t b) {
    return std::tie(keys[a].group, keys[a].length) < std::tie(keys[b].group, keys[b].length);
  });
  const Permutation batches(options.pool_batches, options.seed, RandomStream::kBatchOrder, 2 * pool + 1);
  std::vector<int64_t> order;
  for (int64_t b = 0; b < options.pool_batches; ++b) {
    const auto first = sorted.begin() + static_cast<int64_t>(batches(b)) * options.batch_size;
    order.insert(order.end(), first, first + options.batch_size);
  }
  return order;
}

}  // namespace tally
