#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/plot/chart.h"
#include "lib/results/cell.h"

namespace tally {
namespace {

// Median and range of `shares`, which are sorted here.
ChartPoint MedianPoint(double x, std::vector<double> shares) {
  std::sort(shares.begin(), shares.end());
  const size_t n = shares.size();
  return {x, (shares[(n - 1) / 2] + shares[n / 2]) / 2, shares.front(), shares.back()};
}

}  // namespace

void AccuracyLines::Add(const std::string& name, size_t run, double x, int64_t exact, int64_t samples) {
  auto line = std::find_if(lines_.begin(), lines_.end(), [&](const auto& entry) { return entry.first == name; });
  if (line == lines_.end()) line = lines_.insert(line, {name, {}});
  Counts& counts = line->second[run][x];
  counts.exact += exact;
  counts.samples += samples;
}

std::string AccuracyLines::Spread() const {
  size_t most = 0;
  for (const auto& [name, runs] : lines_) most = std::max(most, runs.size());
  return most < 2 ? "" : absl::StrCat(": median and range of ", most, " runs");
}

std::vector<ChartLine> AccuracyLines::Lines() const {
  std::vector<ChartLine> lines;
  for (const auto& [name, runs] : lines_) {
    ChartLine line;
    line.style = static_cast<int>(lines.size());
    line.name = name;
    line.runs = runs.size();
    std::map<double, std::vector<double>> shares;
    for (const auto& [run, points] : runs) {
      for (const auto& [x, counts] : points) {
        if (counts.samples == 0) continue;
        const double share = 100.0 * counts.exact / counts.samples;
        const Interval interval = WilsonInterval(counts.exact, counts.samples);
        shares[x].push_back(share);
        if (runs.size() == 1) line.points.push_back({x, share, 100 * interval.low, 100 * interval.high});
      }
    }
    if (runs.size() > 1) {
      for (const auto& [x, of_runs] : shares) line.points.push_back(MedianPoint(x, of_runs));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void NameRuns(std::vector<ChartLine>* lines) {
  size_t most = 1;
  for (const ChartLine& line : *lines) most = std::max(most, line.runs);
  for (ChartLine& line : *lines) {
    if (line.runs < most) absl::StrAppend(&line.name, " (", Counted(static_cast<int64_t>(line.runs), "run"), ")");
  }
}

}  // namespace tally
