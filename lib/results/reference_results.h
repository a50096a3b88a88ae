// Results as the reference's evaluation scripts write them (docs/formats/results.md, "Files of the reference").
#ifndef TALLY_LIB_RESULTS_REFERENCE_RESULTS_H_
#define TALLY_LIB_RESULTS_REFERENCE_RESULTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"

namespace tally {

// What the name of a grid's file, `accs_grid_quick*.json`, says about it.
struct ReferenceGrid {
  Grid grid;                    // that the file has cells of
  std::vector<GridCell> cells;  // those that it has, in order
  bool is_piece = false;        // one of the 20 of 100 x 100 (or 10 without a checkerboard): keeps its last cell too
  bool is_sorting = false;      // in percent; else shares
};

// `name` without folder; `size` is the number of rows, which tells grids of one name apart, 0 for the addition's.
// BadInput for a name that is none of the reference's.
absl::StatusOr<ReferenceGrid> ReferenceGridOf(absl::string_view name, int64_t size);

// A grid as the file has it: rows of shares or percents, and with a piece the last cell that is done.
struct ReferenceNumbers {
  std::vector<std::vector<double>> rows;
  int64_t last_first = 0, last_second = 0;  // 0: all are done
};
std::string ReferenceGridJson(const ReferenceNumbers& numbers, bool is_piece);

// Cells of `path`: lines of Tally (ReadCells), or results of the reference: a file `accs_grid_quick*.json`, or
// `acc_for_N_M.txt` with its `top_1_acc_for_N_M.txt`, or a folder of the latter. Their task is `task`, where it is not
// "" and the files do not tell; their model is the folder before `downstream`, else that of the file; the number of
// samples, which the files do not have, is the least of 100, 200, ..., 1000 that the share is a share of, else the
// least number of all. BadInput with the file.
absl::StatusOr<std::vector<Cell>> ReadResults(const std::string& path, const std::string& task = "");

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_REFERENCE_RESULTS_H_
