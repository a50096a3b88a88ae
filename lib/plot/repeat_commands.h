// The commands that made what a report shows.
#ifndef TALLY_LIB_PLOT_REPEAT_COMMANDS_H_
#define TALLY_LIB_PLOT_REPEAT_COMMANDS_H_

#include <string>
#include <vector>

#include "lib/results/cell.h"

namespace tally {

// Each is lines of shell, newlines at their ends; words that a shell would read otherwise are quoted.

// Trains the run in the folder `run` anew.
std::string TrainingCommand(const std::string& run);

// Evaluates what `cells` record, a command for those that differ in lengths and samples only.
std::string EvaluationCommands(const std::vector<Cell>& cells);

// Draws the report anew, in the folder where it is called.
std::string ReportCommand(const std::string& run, const std::vector<std::string>& cells, const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_REPEAT_COMMANDS_H_
