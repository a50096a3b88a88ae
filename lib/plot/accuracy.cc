#include <algorithm>
#include <list>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/plot/plot.h"
#include "lib/results/cell.h"
#include "lib/results/summary.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

constexpr size_t kMostLines = 7;  // as many as there are colours

// The longest length that every run was trained on in both operands; 0 where runs differ or do not say.
int64_t TrainedMax(const std::vector<EvaluatedRun>& runs) {
  std::set<int64_t> all;
  for (const EvaluatedRun& run : runs) {
    all.insert(std::min(run.cells[0].trained_first_max, run.cells[0].trained_second_max));
  }
  return all.size() == 1 ? *all.begin() : 0;
}

std::string LengthLabel(const std::vector<EvaluatedRun>& runs, bool equal) {
  const TaskGrid& task = GridOfTask(CommonFact(runs, kTaskFact));
  return equal ? task.equal_lengths : task.longest_length;
}

// Lines of one panel.
struct LengthsPanel {
  std::string name;
  AccuracyLines lines;
};

// The panel that `label` names, a new one where none has the name, and the rest of the label.
absl::StatusOr<std::pair<LengthsPanel*, std::string>> PanelOf(const std::string& label, bool panels,
                                                              std::list<LengthsPanel>* all) {
  const size_t colon = label.find(':');
  if (panels && (colon == std::string::npos || colon == 0 || colon + 1 == label.size())) {
    return UsageError(absl::StrCat("--panels: found the label `", label, "`, expected PANEL:LINE"));
  }
  const std::string name = panels ? label.substr(0, colon) : "";
  auto found = std::find_if(all->begin(), all->end(), [&](const LengthsPanel& panel) { return panel.name == name; });
  if (found == all->end()) found = all->insert(found, {name, {}});
  return std::make_pair(&*found, panels ? label.substr(colon + 1) : label);
}

// Adds the cells of `run` that `options` ask for, as a line of `name`.
absl::Status AddLengths(const EvaluatedRun& run, const std::string& name, size_t number, const LengthsOptions& options,
                        AccuracyLines* lines) {
  for (const Cell& cell : run.cells) {
    if (!cell.has_lengths() || (options.cells == "equal" && cell.first_digits != cell.second_digits)) continue;
    if (options.first_element && cell.first_exact < 0) return NoFirstElementError(cell);
    const std::string operands = cell.operands > 2 ? absl::StrCat(", ", cell.operands, " operands") : "";
    lines->Add(absl::StrCat(name, operands), number,
               static_cast<double>(std::max(cell.first_digits, cell.second_digits)),
               options.first_element ? cell.first_exact : cell.exact, cell.samples);
  }
  return absl::OkStatus();
}

AccuracyLines ThinkingLines(const std::vector<EvaluatedRun>& runs, bool grouped) {
  AccuracyLines lines;
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const Cell& cell : runs[i].cells) {
      const bool given = !cell.has_lengths();
      const std::string what = grouped && !given ? GroupName(GroupOf(cell)) : given ? cell.problems : CellName(cell);
      lines.Add(runs.size() == 1 ? what : absl::StrCat(runs[i].label, ": ", what), i,
                static_cast<double>(cell.recurrences), cell.exact, cell.samples);
    }
  }
  return lines;
}

// `lengths` as a panel among those of `runs`.
Panel Drawn(const LengthsPanel& lengths, const std::vector<EvaluatedRun>& runs, const LengthsOptions& options) {
  Panel panel;
  panel.x_label = LengthLabel(runs, options.cells == "equal");
  panel.y_label =
      absl::StrCat(lengths.name, lengths.name.empty() ? "" : ": ",
                   options.first_element ? "right first elements, %" : "exact answers, %", lengths.lines.Spread());
  panel.percent = true;
  panel.log_x = options.log;
  panel.lines = lengths.lines.Lines();
  if (const int64_t trained = TrainedMax(runs); trained > 0) {
    panel.mark_x = static_cast<double>(trained);
    panel.mark_name = absl::StrCat("longest in training: ", trained);
  }
  return panel;
}

bool IsZero(const ChartLine& line) {
  return std::all_of(line.points.begin(), line.points.end(), [](const ChartPoint& point) { return point.y == 0; });
}

// Draws the names that are at 0 % everywhere, where there are several, as one line: they hide each other.
void JoinZeros(std::vector<Panel>* panels) {
  std::vector<std::string> zeros;
  for (const Panel& panel : *panels) {
    for (const ChartLine& line : panel.lines) {
      const bool everywhere = std::all_of(panels->begin(), panels->end(), [&](const Panel& other) {
        return std::all_of(other.lines.begin(), other.lines.end(),
                           [&](const ChartLine& same) { return same.name != line.name || IsZero(same); });
      });
      if (everywhere && std::count(zeros.begin(), zeros.end(), line.name) == 0) zeros.push_back(line.name);
    }
  }
  if (zeros.size() < 2) return;
  const std::string all = absl::StrJoin(zeros, ", ");
  for (Panel& panel : *panels) {
    const auto is_zero = [&](const ChartLine& line) { return std::count(zeros.begin(), zeros.end(), line.name) > 0; };
    const auto first = std::find_if(panel.lines.begin(), panel.lines.end(), is_zero);
    if (first == panel.lines.end()) continue;
    ChartLine joined = *first;
    joined.name = all;
    panel.lines.erase(std::remove_if(panel.lines.begin(), panel.lines.end(), is_zero), panel.lines.end());
    panel.lines.push_back(std::move(joined));
  }
}

}  // namespace

absl::StatusOr<Chart> LengthsChart(const std::vector<EvaluatedRun>& runs, const LengthsOptions& options) {
  if (options.cells != "equal" && options.cells != "longest") {
    return UsageError(absl::StrCat("--cells=", options.cells, ": expected equal or longest",
                                   DidYouMean(options.cells, {"equal", "longest"})));
  }
  const bool equal = options.cells == "equal";
  std::list<LengthsPanel> panels;
  for (size_t i = 0; i < runs.size(); ++i) {
    TALLY_ASSIGN_OR_RETURN(const auto place, PanelOf(runs[i].label, options.panels, &panels));
    TALLY_RETURN_IF_ERROR(AddLengths(runs[i], place.second, i, options, &place.first->lines));
  }
  if (std::all_of(panels.begin(), panels.end(), [](const LengthsPanel& panel) { return panel.lines.size() == 0; })) {
    return BadInputError(equal ? "found no cell of two equal lengths, expected some; --cells=longest takes the others"
                               : "found no cell of a grid, expected some");
  }
  const std::string what = options.first_element ? "right first elements by length" : "exact answers by length";
  Chart chart = {options.title.empty() ? TitleOfRuns(runs, what) : options.title, {}};
  for (const LengthsPanel& lengths : panels) chart.panels.push_back(Drawn(lengths, runs, options));
  JoinZeros(&chart.panels);
  LabelNumbers styles;  // lines of one name have one style
  for (Panel& panel : chart.panels) {
    for (ChartLine& line : panel.lines) line.style = styles.Of(line.name);
    NameRuns(&panel.lines);
  }
  return chart;
}

absl::StatusOr<Chart> ThinkingChart(const std::vector<EvaluatedRun>& runs, const std::string& title) {
  std::set<int64_t> counts;
  for (const EvaluatedRun& run : runs) {
    for (const Cell& cell : run.cells) counts.insert(cell.recurrences);
  }
  if (counts.size() < 2) {
    return BadInputError(absl::StrCat("found cells of ", Counted(*counts.begin(), "recurrence"),
                                      " only, expected several recurrence counts"));
  }
  AccuracyLines lines = ThinkingLines(runs, /*grouped=*/false);
  if (lines.size() > kMostLines) lines = ThinkingLines(runs, /*grouped=*/true);
  Panel panel;
  panel.x_label = "recurrences";
  panel.y_label = absl::StrCat("exact answers, %", lines.Spread());
  panel.percent = true;
  panel.lines = lines.Lines();
  NameRuns(&panel.lines);
  return Chart{title.empty() ? TitleOfRuns(runs, "exact answers by recurrences") : title, {panel}};
}

}  // namespace tally
