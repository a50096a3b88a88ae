// Cells of evaluation, told apart by what answered: which model, at which step, read how.
#ifndef TALLY_LIB_PLOT_RUNS_H_
#define TALLY_LIB_PLOT_RUNS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/results/cell.h"

namespace tally {

// What tells runs apart, in words: {"addition", "runs/a", "step 1000", "3 recurrences", ...}, always as many. Cells of
// one run have the same. `over_recurrences`: cells of several recurrence counts are one run's.
std::vector<std::string> RunFacts(const Cell& cell, bool over_recurrences);

struct EvaluatedRun {
  std::string label;  // the user's, which several runs may share, or the facts that differ between runs
  std::vector<Cell> cells;
};

// The runs whose cells stand in the files `words`, [LABEL=]FILE or "-", in the order in which they come first. Files
// without a label, such as shards, may hold cells of the same run; each label has runs of its own. BadInput for cells
// of the same lengths in a run, and as ReadCells.
absl::StatusOr<std::vector<EvaluatedRun>> ReadRuns(const std::vector<std::string>& words, bool over_recurrences);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_RUNS_H_
