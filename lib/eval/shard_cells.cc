#include "lib/eval/shard_cells.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace tally {
namespace {

// A band is full at this part of its share. Whole levels are coarse: without slack, bands would overshoot one after
// another and leave little for the last.
constexpr double kFull = 0.95;

// Fewer levels a band than this are too coarse.
constexpr int64_t kLevelsOfABand = 4;

int64_t Longest(const GridCell& cell) { return std::max(cell.first, cell.second); }

// The cells' numbers from short to long, in levels.
std::vector<std::vector<size_t>> Levels(const std::vector<GridCell>& cells, int64_t bands) {
  std::vector<size_t> order(cells.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return Longest(cells[a]) < Longest(cells[b]); });
  std::set<int64_t> lengths;
  for (const GridCell& cell : cells) lengths.insert(Longest(cell));
  const bool whole_lengths = static_cast<int64_t>(lengths.size()) >= kLevelsOfABand * bands;
  std::vector<std::vector<size_t>> levels;
  for (const size_t i : order) {
    const bool same = !levels.empty() && Longest(cells[levels.back().back()]) == Longest(cells[i]);
    if (!same || !whole_lengths) levels.emplace_back();
    levels.back().push_back(i);
  }
  return levels;
}

// The band of each cell.
std::vector<int64_t> Bands(const std::vector<GridCell>& cells, const Task& task, int64_t bands) {
  std::vector<int64_t> band_of(cells.size());
  double left = 0, band_cost = 0;
  for (const GridCell& cell : cells) left += PredictedCost(task, cell);
  int64_t band = 0;
  for (const std::vector<size_t>& level : Levels(cells, bands)) {
    for (const size_t i : level) {
      band_of[i] = band;
      band_cost += PredictedCost(task, cells[i]);
    }
    if (band + 1 == bands || band_cost < kFull * left / (bands - band)) continue;
    left -= band_cost;
    band_cost = 0;
    ++band;
  }
  return band_of;
}

}  // namespace

int64_t LineTokens(const Task& task, const GridCell& cell) {
  return task.LineTokens({cell.first, cell.second, cell.operands});
}

double PredictedCost(const Task& task, const GridCell& cell) {
  const auto tokens = static_cast<double>(LineTokens(task, cell));
  return tokens + tokens * tokens / 6144;
}

std::vector<GridCell> CellsOfShard(const std::vector<GridCell>& cells, const Task& task, const Shard& shard) {
  const bool checkered = shard.count % 2 == 0;
  const std::vector<int64_t> band_of = Bands(cells, task, checkered ? shard.count / 2 : shard.count);
  std::vector<GridCell> mine;
  for (size_t i = 0; i < cells.size(); ++i) {
    if ((checkered ? 2 * band_of[i] + cells[i].odd : band_of[i]) == shard.index) mine.push_back(cells[i]);
  }
  return mine;
}

}  // namespace tally
