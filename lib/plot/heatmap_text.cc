#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/status_macros.h"
#include "lib/plot/grid_cells.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

constexpr size_t kMargin = 8;  // columns before the first cell
constexpr size_t kCell = 5;    // columns of a cell

// At most `count` of the lengths, evenly, the last one among them.
std::vector<int64_t> Thinned(const std::vector<int64_t>& lengths, size_t count) {
  const size_t step = (lengths.size() + count - 1) / count;
  std::vector<int64_t> kept;
  for (size_t back = 0; back < lengths.size(); back += step) kept.push_back(lengths[lengths.size() - 1 - back]);
  std::reverse(kept.begin(), kept.end());
  return kept;
}

// Rounded down, so that 100 means all of them.
std::string Percent(const GridCells& grid, int64_t first, int64_t second) {
  const auto found = grid.cells.find({first, second});
  if (found == grid.cells.end()) return ".";
  return absl::StrCat(static_cast<int64_t>(std::floor(found->second)));
}

}  // namespace

absl::StatusOr<std::string> HeatmapText(const std::vector<Cell>& cells, bool first_element, int columns) {
  TALLY_ASSIGN_OR_RETURN(const GridCells grid, LayOutGrid(cells, first_element));
  const size_t fits = std::max<size_t>(1, (std::max<size_t>(columns, kMargin) - kMargin) / kCell);
  const std::vector<int64_t> seconds = Thinned(grid.second.lengths, fits);
  const std::vector<int64_t> firsts = Thinned(grid.first.lengths, fits);
  std::string out = absl::StrCat(first_element ? "right first elements" : "exact answers",
                                 " in percent; rows: ", grid.first.name, ", columns: ", grid.second.name, "\n");
  const auto inside = [&](int64_t first, int64_t second) {
    return first <= grid.first.trained_max && second <= grid.second.trained_max;
  };
  std::string header(kMargin, ' ');
  for (const int64_t second : seconds) absl::StrAppendFormat(&header, "%*d ", kCell - 1, second);
  absl::StrAppend(&out, header, "\n");
  for (const int64_t first : firsts) {
    std::string row = absl::StrFormat("%6d  ", first);
    for (const int64_t second : seconds) {
      absl::StrAppendFormat(&row, "%*s%s", kCell - 1, Percent(grid, first, second), inside(first, second) ? "*" : " ");
    }
    absl::StrAppend(&out, row, "\n");
  }
  if (inside(firsts.front(), seconds.front())) {
    absl::StrAppend(&out, "* trained on: ", TrainingRange(grid), "\n");
  }
  return out;
}

}  // namespace tally
