// The cells of a grid, checked and laid out for drawing.
#ifndef TALLY_LIB_PLOT_GRID_CELLS_H_
#define TALLY_LIB_PLOT_GRID_CELLS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/results/cell.h"

namespace tally {

// One axis: its lengths, rising, and the borders between them: a cell reaches half-way to its neighbours.
struct GridAxis {
  std::string name;  // "digits of the first operand"
  std::string unit;  // "digits", "numbers"
  std::vector<int64_t> lengths;
  std::vector<double> borders;  // one more than lengths
  int64_t trained_max = 0;      // longest in training; 0 where not known

  // The place of `length`, one of the lengths, among them.
  size_t IndexOf(int64_t length) const;
};

struct GridCells {
  GridAxis first;                                       // upwards
  GridAxis second;                                      // to the right
  std::map<std::pair<int64_t, int64_t>, double> cells;  // by (first, second): percent right
  Cell any;                                             // one of the cells, for what all have in common
};

// The cells with lengths among `cells`; files of given problems of any lengths are left out. The axes are the two
// lengths that the task counts, or of several numbers their length and how many.
// Where the cells record the grid that they are a part of, the axes are those of the whole grid. `first_element`: the
// percentages are of right first elements.
// BadInput where none is left, where two have the same lengths, where they are of several runs (RunFacts), or where
// they do not record their first elements.
absl::StatusOr<GridCells> LayOutGrid(const std::vector<Cell>& cells, bool first_element = false);

// "at most 20 digits and 10 numbers in the array".
std::string TrainingRange(const GridCells& grid);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_GRID_CELLS_H_
