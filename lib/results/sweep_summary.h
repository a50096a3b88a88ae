// What the runs of a sweep have come to: settings, each the runs that differ in their seed alone, the best first.
#ifndef TALLY_LIB_RESULTS_SWEEP_SUMMARY_H_
#define TALLY_LIB_RESULTS_SWEEP_SUMMARY_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// The measure of evaluated runs: the share of exact answers over all samples of RUN/cells.jsonl.
inline constexpr char kCellsMeasure[] = "cells";

// A measure over the runs of a setting, of those that have it.
struct OverSeeds {
  std::vector<double> values;  // in the order of the runs

  double mean() const;
  double low() const;
  double high() const;
};

struct SweepSetting {
  std::vector<std::pair<std::string, std::string>> values;  // fields and what they are set to
  int64_t runs = 0;
  std::map<std::string, OverSeeds> measures;  // `cells`, and keys of metrics.jsonl: their last values
};

struct SweepSummary {
  std::string by;                      // the measure that ranks
  std::vector<SweepSetting> settings;  // the best mean first; those without the measure last
  int64_t runs = 0;
  int64_t started = 0;  // runs that have logged a step
  double seconds = 0;   // of training, all runs together
};

// Whether a measure is the better the smaller it is: losses, seconds, memory, energy.
bool SmallerIsBetter(absl::string_view measure);

// Whether a measure is a share, 0..1.
bool IsShare(absl::string_view measure);

// Reads the sweep in `folder` (docs/sweeps.md), also while it runs. `by` is a measure; "": the first of cells,
// validation_exact and exact that a run has. Errors of ReadSweepRuns, LastMetrics and ReadCells; BadInput where no run
// has logged a step; UsageError where none has the measure.
absl::StatusOr<SweepSummary> SummariseSweep(const std::string& folder, const std::string& by);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_SWEEP_SUMMARY_H_
