// Cells of a grid in forms of other programs.
#ifndef TALLY_LIB_RESULTS_EXPORT_RESULTS_H_
#define TALLY_LIB_RESULTS_EXPORT_RESULTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tally {

// Writes the cells of `files` (ReadResults) to `out`, whose name says in which form (docs/formats/results.md):
//
//   NAME.csv                 a matrix: shares 0..1, rows by first and columns by second lengths, "" where no cell is
//   accs_grid_quick*.json    the reference's grid of that name; all of its cells must be there
//   over_100_*.json          the reference's shares by length; the same
//   FOLDER/                  the reference's files acc_for_N_M.txt, and top_1_acc_for_N_M.txt of tasks that count first
//                            elements, percents; the folder is made
//
// UsageError for another name or none; BadInput for cells that make no grid: of any lengths, of more than two operands,
// of several tasks, models, steps or recurrence counts, or two of the same lengths.
absl::Status ExportResults(const std::vector<std::string>& files, const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_EXPORT_RESULTS_H_
