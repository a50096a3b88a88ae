#include "lib/eval/shard_cells.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <set>
#include <utility>

#include "lib/eval/cell_problems.h"

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
std::vector<int64_t> Bands(const std::vector<GridCell>& cells, const ProblemFormat& format, int64_t bands) {
  std::vector<int64_t> band_of(cells.size());
  std::vector<double> costs;
  for (const GridCell& cell : cells) costs.push_back(PredictedCost(format, cell));
  double left = std::accumulate(costs.begin(), costs.end(), 0.0), band_cost = 0;
  int64_t band = 0;
  for (const std::vector<size_t>& level : Levels(cells, bands)) {
    for (const size_t i : level) {
      band_of[i] = band;
      band_cost += costs[i];
    }
    if (band + 1 == bands || band_cost < kFull * left / (bands - band)) continue;
    left -= band_cost;
    band_cost = 0;
    ++band;
  }
  return band_of;
}

}  // namespace

int64_t LineTokens(const ProblemFormat& format, const GridCell& cell) {
  const int64_t bare = format.task->LineTokens({cell.first, cell.second, cell.operands});
  if (!format.scratchpad) return bare;
  absl::StatusOr<CellProblems> problems = CellProblems::ForGrid(format, cell, /*seed=*/0);
  std::vector<ScoreLine> lines;
  if (!problems.ok() || !problems->AppendTo(0, 1, /*cell=*/0, &lines).ok()) return bare;  // refused where it is scored
  return static_cast<int64_t>(lines[0].text.size()) + 1;
}

double PredictedCost(int64_t tokens) {
  const auto count = static_cast<double>(tokens);
  return count + count * count / 6144;
}

double PredictedCost(const ProblemFormat& format, const GridCell& cell) {
  return PredictedCost(LineTokens(format, cell));
}

std::vector<GridCell> CellsOfShard(const std::vector<GridCell>& cells, const ProblemFormat& format,
                                   const Shard& shard) {
  const bool checkered = shard.count % 2 == 0;
  const std::vector<int64_t> band_of = Bands(cells, format, checkered ? shard.count / 2 : shard.count);
  std::vector<GridCell> mine;
  for (size_t i = 0; i < cells.size(); ++i) {
    if ((checkered ? 2 * band_of[i] + cells[i].odd : band_of[i]) == shard.index) mine.push_back(cells[i]);
  }
  return mine;
}

std::vector<size_t> NumbersOfShard(const std::vector<double>& costs, const Shard& shard) {
  std::vector<size_t> order(costs.size()), mine;
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return costs[a] > costs[b]; });
  using Load = std::pair<double, int64_t>;  // of a shard, and its number
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (int64_t i = 0; i < shard.count; ++i) loads.emplace(0, i);
  for (const size_t i : order) {
    const auto [load, index] = loads.top();
    loads.pop();
    loads.emplace(load + costs[i], index);
    if (index == shard.index) mine.push_back(i);
  }
  std::sort(mine.begin(), mine.end());
  return mine;
}

}  // namespace tally
