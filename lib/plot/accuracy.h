// Exact match as lines: against operand length, and against recurrences ("thinking" longer).
#ifndef TALLY_LIB_PLOT_ACCURACY_H_
#define TALLY_LIB_PLOT_ACCURACY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/plot/chart.h"
#include "lib/plot/runs.h"

namespace tally {

// A label that several runs share (seeds of one experiment) is one line: their median, and as its interval their range.
// Else a line is one run with its 95 % Wilson interval.

struct LengthsOptions {
  std::string title;            // "" for one made from the cells
  std::string cells = "equal";  // "equal": those of two equal lengths; "longest": all, by their longer length
  bool log = false;             // logarithmic axis of lengths
  bool first_element = false;   // the share of right first elements, of tasks that count them
  bool panels = false;          // labels are PANEL:LINE; a panel each, lines of one name look the same in all
};

// Exact match against operand length. UsageError for other `cells` or labels; BadInput where no cell is of that kind,
// or where a cell does not record its first element.
absl::StatusOr<Chart> LengthsChart(const std::vector<EvaluatedRun>& runs, const LengthsOptions& options);

// Exact match against recurrences. A line a cell where that makes at most seven; else one each for the cells in
// distribution, out of it in one operand, and in both. BadInput where all cells have the same recurrence count.
absl::StatusOr<Chart> ThinkingChart(const std::vector<EvaluatedRun>& runs, const std::string& title);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_ACCURACY_H_
