// Which cells a file of the reference's results has, by its name (docs/formats/results.md, "Files of the reference").
#ifndef TALLY_LIB_RESULTS_REFERENCE_GRID_H_
#define TALLY_LIB_RESULTS_REFERENCE_GRID_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/results/grid.h"

namespace tally {

// What the name of a file `accs_grid_quick*.json` or `over_100_*.json` says about it.
struct ReferenceGrid {
  Grid grid;                    // that the file has cells of
  std::vector<GridCell> cells;  // those that it has, in order
  bool is_piece = false;        // one of the 20 of 100 x 100 (or 10 without a checkerboard): keeps its last cell too
  bool is_sorting = false;      // in percent; else shares
  bool is_by_length = false;    // a share for each length of two equally long operands; else rows of shares
};

// The rows of grids of `task` that share their names with those of sums; 0: it has none.
int64_t ReferenceRowsOf(absl::string_view task);

// `name` without folder; `size` is the number of rows, which tells grids of one name apart, 0 for the addition's.
// BadInput for a name that is none of the reference's.
absl::StatusOr<ReferenceGrid> ReferenceGridOf(absl::string_view name, int64_t size);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_REFERENCE_GRID_H_
