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
#include "lib/results/cell_writer.h"
#include "lib/tasks/problem_format.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// What is counted beside right answers. Pointers must outlive the tally.
struct ProblemCounts {
  const ProblemFormat* format = nullptr;    // of the problems; needed for what follows
  bool errors = false;                      // Cell::errors
  const KnownProblems* training = nullptr;  // Cell::in_training: those that are among these; null: not looked up
};

// Which answers are logged.
struct LoggedAnswers {
  bool wrong = false;                      // the wrong ones (LogLines::wrong)
  int64_t first = 0;                       // the first so many problems of a cell (LogLines::answers)
  const Vocabulary* vocabulary = nullptr;  // of their tokens; must outlive the tally
};

// Counts right answers to lots of problems until the plan says that they are enough. With several recurrence counts
// each must have enough.
class CellTally {
 public:
  // `cells` say all but the counts, one for each recurrence count.
  CellTally(std::vector<Cell> cells, CellProblems problems, const SamplePlan& plan, const LoggedAnswers& logged,
            const ProblemCounts& counts = {});

  bool done() const { return done_; }

  // Appends the next lot of problems, as lines of cell `number`.
  absl::Status AppendLot(int64_t number, std::vector<ScoreLine>* lines);

  // Counts the answer to the next line of the lot, one for each recurrence count; those to be logged are kept. Where
  // errors are counted, scores have `right`; BadInput where the line is no problem of the format.
  absl::Status Count(const ScoreLine& line, const std::vector<const Answer*>& answers);

  // After the last line of a lot: looks whether there are enough.
  void EndLot();

  const std::vector<Cell>& cells() const { return cells_; }
  const LogLines& log_lines() const { return log_lines_; }

 private:
  void Log(const Cell& cell, int64_t sample, const ScoreLine& line, const Answer& answer);

  std::vector<Cell> cells_;
  CellProblems problems_;
  const SamplePlan plan_;
  const LoggedAnswers logged_;
  const ProblemCounts counts_;
  int64_t drawn_ = 0;  // problems
  bool done_ = false;
  LogLines log_lines_;
};

}  // namespace tally

#endif  // TALLY_LIB_EVAL_CELL_TALLY_H_
