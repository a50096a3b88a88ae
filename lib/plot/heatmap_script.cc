#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/status_macros.h"
#include "lib/plot/grid_cells.h"
#include "lib/plot/heatmap.h"

namespace tally {
namespace {

std::string TitleOf(const Cell& cell) {
  return absl::StrFormat("%s: exact answers, %s, step %d, %d recurrences", cell.task, cell.model, cell.step,
                         cell.recurrences);
}

// At most about `wanted` ticks: each of the lengths if they are few, else round numbers among them.
std::string Ticks(const GridAxis& axis, int64_t wanted) {
  const int64_t count = axis.lengths.size();
  const int64_t span = axis.lengths.back() - axis.lengths.front() + 1;
  const int64_t step = count <= wanted ? 1 : RoundStep((span + wanted - 1) / wanted);
  std::vector<int64_t> ticks;
  for (const int64_t length : axis.lengths) {
    if (length % step == 0) ticks.push_back(length);
  }
  if (step > 1 && axis.lengths.front() == 1) ticks.insert(ticks.begin(), 1);
  return absl::StrCat("(", absl::StrJoin(ticks, ", "), ")");
}

// Where the training range ends on an axis: at the border after the longest trained length; 0 for nowhere.
double TrainingEnd(const GridAxis& axis, int64_t trained_max) {
  double end = 0;
  for (size_t i = 0; i < axis.lengths.size(); ++i) {
    if (axis.lengths[i] <= trained_max) end = axis.borders[i + 1];
  }
  return end;
}

// A red frame around the training range, or nothing.
std::string Outline(const GridCells& grid) {
  const double x = TrainingEnd(grid.second, grid.trained_second_max);
  const double y = TrainingEnd(grid.first, grid.trained_first_max);
  if (x == 0 || y == 0) return "";
  return absl::StrFormat(
      "set object 1 rectangle from %g,%g to %g,%g front fillstyle empty border rgb '#d7191c' linewidth 3\n",
      grid.second.borders.front(), grid.first.borders.front(), x, y);
}

size_t IndexOf(const GridAxis& axis, int64_t length) {
  return std::lower_bound(axis.lengths.begin(), axis.lengths.end(), length) - axis.lengths.begin();
}

// x, y, left, right, bottom, top, percent of every cell.
std::string Data(const GridCells& grid) {
  std::string out = "$cells << END\n";
  for (const auto& [lengths, cell] : grid.cells) {
    const size_t i = IndexOf(grid.first, lengths.first), j = IndexOf(grid.second, lengths.second);
    const double left = grid.second.borders[j], right = grid.second.borders[j + 1];
    const double bottom = grid.first.borders[i], top = grid.first.borders[i + 1];
    absl::StrAppendFormat(&out, "%g %g %g %g %g %g %.6g\n", (left + right) / 2, (bottom + top) / 2, left, right, bottom,
                          top, 100 * cell.exact_fraction());
  }
  return out + "END\n";
}

// The percentage in each cell, where there is room for it.
std::string Labels(const GridCells& grid, const HeatmapOptions& options) {
  const double cell_width = 0.7 * options.size.width / grid.second.lengths.size();
  const double cell_height = 0.7 * options.size.height / grid.first.lengths.size();
  const double size = std::floor(std::min({13.0, cell_width / 3, cell_height / 1.5}));
  if (size < 7) return "";
  return absl::StrFormat(
      ", \\\n  $cells using 1:2:($7 != int($7) ? sprintf('%%.1f', $7) : sprintf('%%.0f', $7)):($7 > 55 ? 0xffffff : "
      "0x202020) "
      "with labels font ',%g' textcolor rgb variable notitle",
      size);
}

}  // namespace

absl::StatusOr<std::string> HeatmapScript(const std::vector<Cell>& cells, const HeatmapOptions& options,
                                          absl::string_view format) {
  TALLY_ASSIGN_OR_RETURN(const GridCells grid, LayOutGrid(cells));
  const Cell& any = grid.cells.begin()->second;
  std::string script = TerminalLine(format, options.size);
  absl::StrAppend(&script, "set title ", Quoted(options.title.empty() ? TitleOf(any) : options.title), " noenhanced\n");
  absl::StrAppend(&script, "set xlabel 'digits of the second operand'\nset ylabel 'digits of the first operand'\n");
  absl::StrAppend(&script, kPalette, "set cbrange [0:100]\nset cblabel 'exact answers, %'\n");
  absl::StrAppendFormat(&script, "set xrange [%g:%g]\nset yrange [%g:%g]\n", grid.second.borders.front(),
                        grid.second.borders.back(), grid.first.borders.front(), grid.first.borders.back());
  absl::StrAppend(&script, "set xtics out nomirror ", Ticks(grid.second, 20), "\nset ytics out nomirror ",
                  Ticks(grid.first, 20), "\n");
  const std::string outline = Outline(grid);
  absl::StrAppend(&script, outline,
                  "set bmargin 6\nset key at screen 0.47,0.03 center\nset style fill solid 1 noborder\n", Data(grid));
  absl::StrAppend(&script, "plot $cells using 1:2:3:4:5:6:7 with boxxyerror linecolor palette notitle",
                  Labels(grid, options));
  if (!outline.empty()) {
    absl::StrAppendFormat(&script,
                          ", \\\n  NaN with lines linecolor rgb '#d7191c' linewidth 3 title "
                          "'trained on at most %d and %d digits'",
                          grid.trained_first_max, grid.trained_second_max);
  }
  return script + "\n";
}

}  // namespace tally
