// Which cells an evaluation visits, as text and as a list.
#ifndef TALLY_LIB_RESULTS_GRID_H_
#define TALLY_LIB_RESULTS_GRID_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// "1..100" -> 1, 2, ..., 100; "1..100:9" -> 1, 10, ..., 100; "50" -> 50; "1..20,50,100" -> all of these, rising, each
// once. UsageError otherwise (numbers below 1, descending ranges, step below 1, above 1,000,000).
absl::StatusOr<std::vector<int64_t>> ParseLengths(absl::string_view text);

// The shortest such text for rising lengths: runs of three and more become ranges.
std::string LengthsText(const std::vector<int64_t>& lengths);

// Cells of rows x cols, or, with `operands`, of problems whose this many numbers all have the row's length.
struct Grid {
  std::vector<int64_t> rows;         // first lengths, as the task counts them (lib/tasks/task_grid.h)
  std::vector<int64_t> cols;         // second lengths
  std::vector<int64_t> operands;     // numbers of a problem; there are no cols then
  int64_t min_longest = 1;           // cells whose longer operand is shorter than this are left out
  std::vector<int64_t> recurrences;  // one line for each count in each cell; empty: one line, as trained
};

// The grid as text, such as `rows=1..30 cols=1..30 min_longest=24` or `rows=1..20 operands=2..8 recurrences=1..16`.
std::string GridText(const Grid& grid);

// Reads such text, or one of these names. UsageError, with the nearest name, for anything else.
//   big                                100 x 100, the paper's grid
//   large, ood_only, up_to_40, up_to_50: its beginning in four pieces: up to 23 x 23, then the longer operand within
//                                      24..30, 31..40, 41..50
//   mul                                products, 25 x 25
//   pos_arth, pos_arth_ood             bitwise OR: 25 x 25, then the longer operand within 26..40
//   over_100_1, ..., over_100_4        operands of equal length: 101..160; 800, 1000; 200, 700, 900; 300, 400, 500, 600
//   sort                               30 x 30
absl::StatusOr<Grid> ParseGrid(absl::string_view text);

// These names.
std::vector<std::string> GridNames();

// OK for a grid with 1 to 10 million lines, and no cols beside operands. UsageError otherwise.
absl::Status ValidateGrid(const Grid& grid);

struct GridCell {
  int64_t first = 0;     // digits
  int64_t second = 0;    // digits
  int64_t operands = 2;  // numbers
  bool odd = false;      // the dark squares of a checkerboard over rows and columns
};

// The cells in order: by rows, then columns or operands.
std::vector<GridCell> CellsOf(const Grid& grid);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_GRID_H_
