// Arguments of plot, and the cells in them told apart by what answered: which model, at which step, read how.
#ifndef TALLY_LIB_PLOT_RUNS_H_
#define TALLY_LIB_PLOT_RUNS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/results/cell.h"
#include "lib/results/summary.h"

namespace tally {

// An argument of plot, which may give a file a name of the user's own: LABEL=FILE.
struct Labelled {
  std::string label;  // "" where the word has none
  std::string path;
};

// Splits at the first `=` that has no `/` before it, so that ./a=b.jsonl is a path.
Labelled SplitLabel(const std::string& word);

// The folder `path` without slashes at its end, but for the root.
std::string WithoutTrailingSlashes(absl::string_view path);

// Numbers for labels, from 0 in the order in which they come first.
class LabelNumbers {
 public:
  int Of(const std::string& label);

 private:
  std::vector<std::string> labels_;
};

// What tells runs apart, in words: {"addition", "runs/a", "step 1000", "3 recurrences", ...}, always as many. Cells of
// one run have the same. `over_recurrences`: cells of several recurrence counts are one run's.
std::vector<std::string> RunFacts(const Cell& cell, bool over_recurrences);

// Places among them.
inline constexpr size_t kTaskFact = 0, kModelFact = 1, kStepFact = 2;

struct EvaluatedRun {
  // The user's, with the facts in which runs of that label differ, apart from model and step: seeds share a label. Else
  // the facts that differ between runs without a label.
  std::string label;
  std::vector<Cell> cells;
};

// The runs whose cells are in the files `words`, [LABEL=]FILE or "-", in the order in which they come first. Files
// without a label, such as shards, may hold cells of the same run; each label has runs of its own. Cells of one task
// alone where `task` names one. BadInput for cells of the same lengths in a run, and as KeepTask and ReadCells.
absl::StatusOr<std::vector<EvaluatedRun>> ReadRuns(const std::vector<std::string>& words, bool over_recurrences,
                                                   const std::string& task = "");

// The two halves of ReadRuns: cells with the labels of their files, in the order of the files, and the runs that they
// are of.
struct LabelledCell {
  std::string label;
  Cell cell;
};
absl::StatusOr<std::vector<LabelledCell>> ReadLabelledCells(const std::vector<std::string>& words,
                                                            const std::string& task = "");
absl::StatusOr<std::vector<EvaluatedRun>> RunsOf(const std::vector<LabelledCell>& cells, bool over_recurrences);

// The fact of all runs, or "" where they differ.
std::string CommonFact(const std::vector<EvaluatedRun>& runs, size_t fact);

// "addition: WHAT, runs/a, step 9" with what all runs share.
std::string TitleOfRuns(const std::vector<EvaluatedRun>& runs, const std::string& what);

// What a line of such cells is called.
std::string GroupName(CellGroup group);

// Removes cells of other tasks; none for the task "". BadInput where nothing is left.
absl::Status KeepTask(const std::string& task, std::vector<Cell>* cells);

// BadInput: `cell` does not record whether first elements are right.
absl::Status NoFirstElementError(const Cell& cell);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_RUNS_H_
