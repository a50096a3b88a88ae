// Where answers go wrong: what `eval --errors` counted, a panel for each measure.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/base/exit_code.h"
#include "lib/plot/plot.h"
#include "lib/results/error_counts.h"
#include "lib/results/summary.h"

namespace tally {
namespace {

// The measures of all runs: those of tokens, then those of tasks in the order in which they come first.
std::vector<std::string> MeasuresOf(const std::vector<EvaluatedRun>& runs) {
  std::vector<std::string> names = {kTokenMeasure, kEndMeasure, kFirstWrongMeasure};
  for (const EvaluatedRun& run : runs) {
    for (const Cell& cell : run.cells) {
      for (const auto& [name, by_value] : cell.errors.measures()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
  }
  return names;
}

// A line a run; of one run a line for each group of cells.
class LineNames {
 public:
  explicit LineNames(const std::vector<EvaluatedRun>& runs) : one_run_(runs.size() == 1) {
    for (const Cell& cell : runs[0].cells) groups_.insert(GroupOf(cell));
  }

  std::string Of(const EvaluatedRun& run, const Cell& cell) const {
    return IsOfGroup() ? GroupName(GroupOf(cell)) : run.label;
  }

  // Where the cell's line comes among those of its run.
  int PlaceOf(const Cell& cell) const { return IsOfGroup() ? static_cast<int>(GroupOf(cell)) : 0; }

 private:
  bool IsOfGroup() const { return one_run_ && groups_.size() > 1; }

  const bool one_run_;
  std::set<CellGroup> groups_;
};

int64_t WrongAnswers(const Cell& cell) { return cell.samples - cell.exact; }

// The axes of the measure called `name`, which is a task's own where it is none of tokens.
Panel PanelOf(const std::string& name) {
  Panel panel;
  panel.from_zero = true;
  if (name == kTokenMeasure) {
    panel.x_label = "place of a token in the answer, from 0";
    panel.y_label = "wrong tokens, %";
  } else if (name == kEndMeasure) {
    panel.x_label = "place where the answer should end";
    panel.y_label = "wrong ends, %";
  } else if (name == kFirstWrongMeasure) {
    panel.x_label = "place of the first wrong token";
    panel.y_label = "of wrong answers, %";
  } else {
    panel.x_label = absl::StrReplaceAll(name, {{"_", " "}});
    panel.y_label = "wrong answers, %";
  }
  return panel;
}

// Adds one measure of the cells of `run`, which is number `number`. Of the first wrong token the share is that of its
// place among all wrong answers of the line.
void AddMeasure(const std::string& name, const EvaluatedRun& run, size_t number, const LineNames& names,
                AccuracyLines* lines) {
  std::map<std::string, int64_t> wrong;
  for (const Cell& cell : run.cells) wrong[names.Of(run, cell)] += WrongAnswers(cell);
  std::map<std::pair<int, std::string>, ErrorCounts::ByValue> counts;  // of each line, by its place and name
  for (const Cell& cell : run.cells) {
    for (const auto& [measure, by_value] : cell.errors.measures()) {
      if (measure != name) continue;
      ErrorCounts::ByValue& sums = counts[{names.PlaceOf(cell), names.Of(run, cell)}];
      for (const auto& [value, count] : by_value) {
        sums[value].right += count.right;
        sums[value].all += count.all;
      }
    }
  }
  for (const auto& [place_and_name, by_value] : counts) {
    const std::string& line = place_and_name.second;
    for (const auto& [value, count] : by_value) {
      const int64_t all = name == kFirstWrongMeasure ? wrong[line] : count.all;
      lines->Add(line, number, static_cast<double>(value), count.all - count.right, all);
    }
  }
}

}  // namespace

absl::StatusOr<Chart> ErrorsChart(const std::vector<EvaluatedRun>& runs, const std::string& title) {
  for (const EvaluatedRun& run : runs) {
    for (const Cell& cell : run.cells) {
      if (!cell.errors.measures().empty()) continue;
      return BadInputError(absl::StrCat("cell of ", CellName(cell), " by ", cell.model,
                                        ": found no errors, expected a cell written by eval --errors"));
    }
  }
  Chart chart = {title.empty() ? TitleOfRuns(runs, "where answers are wrong") : title, {}};
  const LineNames names(runs);
  LabelNumbers styles;
  for (const std::string& name : MeasuresOf(runs)) {
    AccuracyLines lines;
    for (size_t i = 0; i < runs.size(); ++i) AddMeasure(name, runs[i], i, names, &lines);
    if (lines.size() == 0) continue;  // nothing of this kind, as first wrong tokens where all answers are right
    Panel panel = PanelOf(name);
    panel.lines = lines.Lines();
    panel.y_label += lines.Spread();
    for (ChartLine& line : panel.lines) line.style = styles.Of(line.name);
    NameRuns(&panel.lines);
    chart.panels.push_back(std::move(panel));
  }
  return chart;
}

}  // namespace tally
