// The commands that made what a report shows.
#ifndef TALLY_LIB_PLOT_REPEAT_COMMANDS_H_
#define TALLY_LIB_PLOT_REPEAT_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/results/cell.h"

namespace tally {

// Each is lines of shell, newlines at their ends; words that a shell would read otherwise are quoted.

// Trains the run in the folder `run` anew. Where its overrides.txt, whose text is `overrides`, says that it was
// continued with other settings, these follow as comments: one command does not repeat that.
std::string TrainingCommand(const std::string& run, absl::string_view overrides);

// Evaluates what `cells` record, a command for those that differ in lengths and samples only. IoError where it cannot
// be told which checkpoints of their runs are kept.
absl::StatusOr<std::string> EvaluationCommands(const std::vector<Cell>& cells);

// Draws the report anew, in the folder where it is called.
std::string ReportCommand(const std::string& run, const std::vector<std::string>& cells, const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_REPEAT_COMMANDS_H_
