// Counts of right answers, gathered along an axis, as lines of a chart.
#ifndef TALLY_LIB_PLOT_ACCURACY_LINES_H_
#define TALLY_LIB_PLOT_ACCURACY_LINES_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/plot/chart.h"

namespace tally {

class AccuracyLines {
 public:
  // Adds `exact` of `samples` at `x` to run number `run` of the line called `name`.
  void Add(const std::string& name, size_t run, double x, int64_t exact, int64_t samples);

  // In the order in which names came first; in percent. One run: its share and 95 % Wilson interval, samples at the
  // same x added up. Several runs: median and range of their shares.
  std::vector<ChartLine> Lines() const;

  size_t size() const { return lines_.size(); }

 private:
  struct Counts {
    int64_t exact = 0;
    int64_t samples = 0;
  };
  using ByRun = std::map<size_t, std::map<double, Counts>>;

  std::vector<std::pair<std::string, ByRun>> lines_;
};

}  // namespace tally

#endif  // TALLY_LIB_PLOT_ACCURACY_LINES_H_
