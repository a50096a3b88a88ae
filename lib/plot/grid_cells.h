// The cells of a grid, checked and laid out for drawing.
#ifndef TALLY_LIB_PLOT_GRID_CELLS_H_
#define TALLY_LIB_PLOT_GRID_CELLS_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/results/cell.h"

namespace tally {

// The lengths along one axis, rising, and the borders between them: a cell reaches half-way to its neighbours.
struct GridAxis {
  std::vector<int64_t> lengths;
  std::vector<double> borders;  // one more than lengths
};

struct GridCells {
  GridAxis first;                                     // of the first operand
  GridAxis second;                                    // of the second operand
  std::map<std::pair<int64_t, int64_t>, Cell> cells;  // by (first, second)
  int64_t trained_first_max = 0;
  int64_t trained_second_max = 0;
};

// The cells of the grid among `cells`; those of given problems are left out. BadInput where none is left, where two
// have the same lengths, or where they are of several models, steps or recurrence counts.
absl::StatusOr<GridCells> LayOutGrid(const std::vector<Cell>& cells);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_GRID_CELLS_H_
