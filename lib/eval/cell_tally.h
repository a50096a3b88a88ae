// A cell while its problems are being answered.
#ifndef TALLY_LIB_EVAL_CELL_TALLY_H_
#define TALLY_LIB_EVAL_CELL_TALLY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/dataset/dataset_problems.h"
#include "lib/eval/answer_lines.h"
#include "lib/eval/cell_problems.h"
#include "lib/results/cell.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// What is counted beside right answers. Pointers must outlive the tally.
struct ProblemCounts {
  const ProblemFormat* format = nullptr;    // of the problems; needed for what follows
  bool errors = false;                      // Cell::errors
  const KnownProblems* training = nullptr;  // Cell::in_training: those that are among these; null: not looked up
};

// Counts right answers to lots of problems until the plan says that they are enough. With several recurrence counts
// each must have enough.
class CellTally {
 public:
  // `cells` say all but the counts, one for each recurrence count.
  CellTally(std::vector<Cell> cells, CellProblems problems, const SamplePlan& plan, const ProblemCounts& counts = {});

  bool done() const { return done_; }

  // Appends the next lot of problems, as lines of cell `number`.
  absl::Status AppendLot(int64_t number, std::vector<ScoreLine>* lines);

  // Counts the answer to the next line of the lot, one for each recurrence count; those to be logged are kept. Where
  // errors are counted, scores have `right`; BadInput where the line is no problem of the format.
  absl::Status Count(const ScoreLine& line, const std::vector<const Answer*>& answers, bool log);

  // After the last line of a lot: looks whether there are enough.
  void EndLot();

  const std::vector<Cell>& cells() const { return cells_; }
  const std::vector<std::string>& log_lines() const { return log_lines_; }

 private:
  std::vector<Cell> cells_;
  CellProblems problems_;
  const SamplePlan plan_;
  const ProblemCounts counts_;
  int64_t drawn_ = 0;  // problems
  bool done_ = false;
  std::vector<std::string> log_lines_;  // wrong answers as JSON
};

}  // namespace tally

#endif  // TALLY_LIB_EVAL_CELL_TALLY_H_
