#include "lib/plot/grid_cells.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/plot/runs.h"
#include "lib/results/grid.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

// Fills in lengths and borders.
void SetLengths(const std::set<int64_t>& lengths, GridAxis* axis) {
  axis->lengths.assign(lengths.begin(), lengths.end());
  const std::vector<int64_t>& l = axis->lengths;
  const double first_gap = l.size() > 1 ? l[1] - l[0] : 1;
  const double last_gap = l.size() > 1 ? l[l.size() - 1] - l[l.size() - 2] : 1;
  axis->borders.push_back(l.front() - first_gap / 2);
  for (size_t i = 1; i < l.size(); ++i) axis->borders.push_back((l[i - 1] + l[i]) / 2.0);
  axis->borders.push_back(l.back() + last_gap / 2);
}

// Whether the columns of a grid are numbers of operands, so that rows say how long they are.
bool HasOperandColumns(const std::vector<Cell>& cells) {
  return GridOfTask(cells.front().task).one_length ||
         std::any_of(cells.begin(), cells.end(), [](const Cell& c) { return c.operands > 2; });
}

// What the axes of a grid of this task are called, and how far training went along them.
void NameAxes(const Cell& any, bool operand_columns, GridCells* grid) {
  const TaskGrid& task = GridOfTask(any.task);
  grid->first.unit = "digits";
  grid->first.name = operand_columns ? task.equal_lengths : task.first_axis;
  grid->second.name = operand_columns ? "operands" : task.second_axis;
  grid->second.unit = operand_columns ? "operands" : task.second_unit;
  grid->first.trained_max = any.trained_first_max;
  grid->second.trained_max = operand_columns ? 0 : any.trained_second_max;  // cells do not record operands
}

absl::Status CheckCell(const Cell& before, const Cell& cell, bool first_element) {
  if (cell.first_digits < 1 || cell.second_digits < 1) {
    return BadInputError("found a cell of 0 digits, expected 1 or more");
  }
  if (first_element && cell.first_exact < 0) return NoFirstElementError(cell);
  const auto facts = [](const Cell& c) { return RunFacts(c, /*over_recurrences=*/false); };
  if (facts(before) == facts(cell)) return absl::OkStatus();
  const auto name = [&](const Cell& c) {
    std::vector<std::string> known = facts(c);
    known.erase(std::remove(known.begin(), known.end(), ""), known.end());
    return absl::StrJoin(known, ", ");
  };
  const std::string hint = before.task == cell.task ? "" : absl::StrCat("; --task=", cell.task, " takes one task");
  return BadInputError(
      absl::StrCat("cells of several models: found ", name(cell), ", expected ", name(before), " as before", hint));
}

// The lengths of the whole grid that the cells are a part of, where they record one that can be read.
void AddWholeGrid(const Cell& any, std::set<int64_t>* firsts, std::set<int64_t>* seconds) {
  const absl::StatusOr<Grid> whole = ParseGrid(any.grid);
  if (!whole.ok()) return;
  firsts->insert(whole->rows.begin(), whole->rows.end());
  seconds->insert(whole->cols.begin(), whole->cols.end());
  seconds->insert(whole->operands.begin(), whole->operands.end());
}

}  // namespace

size_t GridAxis::IndexOf(int64_t length) const {
  return std::lower_bound(lengths.begin(), lengths.end(), length) - lengths.begin();
}

absl::StatusOr<GridCells> LayOutGrid(const std::vector<Cell>& cells, bool first_element) {
  std::vector<Cell> kept;
  for (const Cell& cell : cells) {
    if (cell.has_lengths()) kept.push_back(cell);
  }
  if (kept.empty()) return BadInputError("found no cell of a grid, expected some");
  const bool several = HasOperandColumns(kept);
  GridCells grid;
  grid.any = kept.front();
  NameAxes(grid.any, several, &grid);
  std::set<int64_t> firsts, seconds;
  for (const Cell& cell : kept) {
    TALLY_RETURN_IF_ERROR(CheckCell(grid.any, cell, first_element));
    const int64_t second = several ? cell.operands : cell.second_digits;
    const int64_t right = first_element ? cell.first_exact : cell.exact;
    const double percent = cell.samples == 0 ? 0 : 100.0 * static_cast<double>(right) / cell.samples;
    if (!grid.cells.emplace(std::make_pair(cell.first_digits, second), percent).second) {
      return BadInputError(absl::StrCat("found two cells of ", CellName(cell), ", expected one"));
    }
    firsts.insert(cell.first_digits);
    seconds.insert(second);
  }
  AddWholeGrid(grid.any, &firsts, &seconds);
  SetLengths(firsts, &grid.first);
  SetLengths(seconds, &grid.second);
  return grid;
}

std::string TrainingRange(const GridCells& grid) {
  const std::string first_unit = grid.first.unit == grid.second.unit ? "" : absl::StrCat(" ", grid.first.unit);
  return absl::StrCat("at most ", grid.first.trained_max, first_unit, " and ", grid.second.trained_max, " ",
                      grid.second.unit);
}

}  // namespace tally
