// A report on a training run: all about it on one page.
#ifndef TALLY_LIB_PLOT_REPORT_H_
#define TALLY_LIB_PLOT_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tally {

// Writes a page on the run in the folder `run` and its evaluations in the files `cells` ([LABEL=]FILE): what the model
// is, training curves, exact match as table, heatmaps and lines, the worst cells, configuration, the commands to do all
// of it again. `out` ends in .html, one file that needs no other, or is "-" for text. UsageError for another ending;
// MissingInput where `run` has no configuration; errors of the readers. A run that has logged or saved nothing yet has
// a report that says so.
absl::Status WriteReport(const std::string& run, const std::vector<std::string>& cells, const std::string& title,
                         const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_REPORT_H_
