#include "lib/plot/grid_cells.h"

#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

GridAxis MakeAxis(const std::set<int64_t>& lengths) {
  GridAxis axis;
  axis.lengths.assign(lengths.begin(), lengths.end());
  const std::vector<int64_t>& l = axis.lengths;
  const double first_gap = l.size() > 1 ? l[1] - l[0] : 1;
  const double last_gap = l.size() > 1 ? l[l.size() - 1] - l[l.size() - 2] : 1;
  axis.borders.push_back(l.front() - first_gap / 2);
  for (size_t i = 1; i < l.size(); ++i) axis.borders.push_back((l[i - 1] + l[i]) / 2.0);
  axis.borders.push_back(l.back() + last_gap / 2);
  return axis;
}

absl::Status SameModel(const Cell& a, const Cell& b) {
  const auto identity = [](const Cell& c) { return std::tie(c.task, c.model, c.step, c.recurrences); };
  if (identity(a) == identity(b)) return absl::OkStatus();
  const auto name = [](const Cell& c) {
    return absl::StrCat(c.task, " by ", c.model, ", step ", c.step, ", ", c.recurrences, " recurrences");
  };
  return BadInputError(absl::StrCat("cells of several models: found ", name(b), ", expected ", name(a), " as before"));
}

}  // namespace

absl::StatusOr<GridCells> LayOutGrid(const std::vector<Cell>& cells) {
  GridCells grid;
  std::set<int64_t> firsts, seconds;
  const Cell* before = nullptr;
  for (const Cell& cell : cells) {
    if (!cell.problems.empty()) continue;
    if (before != nullptr) TALLY_RETURN_IF_ERROR(SameModel(*before, cell));
    before = &cell;
    if (cell.first_digits < 1 || cell.second_digits < 1) {
      return BadInputError("found a cell of 0 digits, expected 1 or more");
    }
    if (!grid.cells.emplace(std::make_pair(cell.first_digits, cell.second_digits), cell).second) {
      return BadInputError(
          absl::StrCat("found two cells of ", cell.first_digits, " x ", cell.second_digits, " digits, expected one"));
    }
    firsts.insert(cell.first_digits);
    seconds.insert(cell.second_digits);
    grid.trained_first_max = cell.trained_first_max;
    grid.trained_second_max = cell.trained_second_max;
  }
  if (grid.cells.empty()) return BadInputError("found no cell of a grid, expected some");
  grid.first = MakeAxis(firsts);
  grid.second = MakeAxis(seconds);
  return grid;
}

}  // namespace tally
