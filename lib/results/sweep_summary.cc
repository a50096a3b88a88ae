#include "lib/results/sweep_summary.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/results/cell.h"
#include "lib/results/metrics.h"
#include "lib/results/sweep_runs.h"

namespace tally {
namespace {

using Measures = std::map<std::string, double>;

absl::StatusOr<Measures> MeasuresOf(const std::string& run) {
  TALLY_ASSIGN_OR_RETURN(Measures measures, LastMetrics(run + "/metrics.jsonl"));
  const std::string file = run + "/cells.jsonl";
  TALLY_ASSIGN_OR_RETURN(const bool evaluated, CheckExists(file));
  if (!evaluated) return measures;
  TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> cells, ReadCells(file));
  int64_t samples = 0, exact = 0;
  for (const Cell& cell : cells) {
    samples += cell.samples;
    exact += cell.exact;
  }
  if (samples > 0) measures[kCellsMeasure] = static_cast<double>(exact) / static_cast<double>(samples);
  return measures;
}

void AddRun(const SweepRun& run, const Measures& measures, SweepSummary* summary) {
  const auto found = std::find_if(summary->settings.begin(), summary->settings.end(),
                                  [&](const SweepSetting& setting) { return setting.values == run.values; });
  const bool is_new = found == summary->settings.end();
  if (is_new) summary->settings.push_back({run.values, 0, {}});
  SweepSetting& setting = is_new ? summary->settings.back() : *found;
  setting.runs += 1;
  for (const auto& [name, value] : measures) setting.measures[name].values.push_back(value);
  const auto seconds = measures.find("seconds");
  summary->runs += 1;
  if (seconds == measures.end()) return;
  summary->started += 1;
  summary->seconds += seconds->second;
}

std::set<std::string> NamesOf(const SweepSummary& summary) {
  std::set<std::string> names;
  for (const SweepSetting& setting : summary.settings) {
    for (const auto& [name, over_seeds] : setting.measures) names.insert(name);
  }
  return names;
}

absl::StatusOr<std::string> ChooseMeasure(const std::string& by, const std::set<std::string>& names) {
  if (by.empty()) {
    for (const char* name : {kCellsMeasure, "validation_exact", "exact"}) {
      if (names.count(name) > 0) return std::string(name);
    }
  }
  if (!by.empty() && names.count(by) > 0) return by;
  const std::vector<std::string> known(names.begin(), names.end());
  return UsageError(absl::StrCat("no run has the measure \"", by, "\"; expected one of ", absl::StrJoin(known, ", "),
                                 DidYouMean(by, known)));
}

}  // namespace

double OverSeeds::mean() const {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
double OverSeeds::low() const { return *std::min_element(values.begin(), values.end()); }
double OverSeeds::high() const { return *std::max_element(values.begin(), values.end()); }

bool SmallerIsBetter(absl::string_view measure) {
  return absl::EndsWith(measure, "loss") || measure == "seconds" || absl::EndsWith(measure, "_mb") ||
         absl::EndsWith(measure, "_joules");
}

bool IsShare(absl::string_view measure) {
  return measure == kCellsMeasure || absl::StrContains(measure, "exact") || absl::StrContains(measure, "accuracy");
}

absl::StatusOr<SweepSummary> SummariseSweep(const std::string& folder, const std::string& by) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<SweepRun> runs, ReadSweepRuns(folder));
  SweepSummary summary;
  for (const SweepRun& run : runs) {
    TALLY_ASSIGN_OR_RETURN(const Measures measures, MeasuresOf(SweepRunFolder(folder, run.number)));
    AddRun(run, measures, &summary);
  }
  if (summary.started == 0) {
    return BadInputError(absl::StrCat(folder, ": no run has logged a step yet, expected some"));
  }
  TALLY_ASSIGN_OR_RETURN(summary.by, ChooseMeasure(by, NamesOf(summary)));
  const double sign = SmallerIsBetter(summary.by) ? 1 : -1;
  const auto rank = [&](const SweepSetting& setting) {
    const auto found = setting.measures.find(summary.by);
    return found == setting.measures.end() ? std::make_pair(1, 0.0) : std::make_pair(0, sign * found->second.mean());
  };
  std::stable_sort(summary.settings.begin(), summary.settings.end(),
                   [&](const SweepSetting& a, const SweepSetting& b) { return rank(a) < rank(b); });
  return summary;
}

}  // namespace tally
