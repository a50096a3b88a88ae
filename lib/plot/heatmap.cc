#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/status_macros.h"
#include "lib/plot/grid_cells.h"
#include "lib/plot/plot.h"
#include "lib/results/cell.h"

namespace tally {
namespace {

constexpr double kWidthShare = 0.73, kHeightShare = 0.76;  // of the picture: the cells, about
constexpr double kTickFont = 13;
constexpr double kGap = 3;                                                      // pixels between labels
constexpr double kMostLabelFont = 13, kGoodLabelFont = 9, kLeastLabelFont = 7;  // points

// Pixels that text in a font of `points` takes.
double TextWidth(size_t letters, double points) { return 0.8 * points * static_cast<double>(letters); }
double TextHeight(double points) { return 1.4 * points; }

std::string TitleOf(const Cell& cell, bool first_element) {
  const std::string title = absl::StrCat(cell.task, ": ", first_element ? "right first elements" : "exact answers",
                                         cell.problems.empty() ? "" : ", ", cell.problems, ", ", cell.model);
  if (cell.recurrences == 0) return title;  // results of the reference may not tell
  return absl::StrCat(title, ", step ", cell.step, ", ", Counted(cell.recurrences, "recurrence"));
}

// An axis and how many pixels one unit of it takes.
struct Scale {
  const GridAxis& axis;
  double pixels;

  Scale(const GridAxis& a, double all_pixels) : axis(a), pixels(all_pixels / (a.borders.back() - a.borders.front())) {}

  // Pixels of the cells at `length`, and where they begin and end.
  double Begin(int64_t length) const { return axis.borders[axis.IndexOf(length)]; }
  double End(int64_t length) const { return axis.borders[axis.IndexOf(length) + 1]; }
  double Pixels(int64_t length) const { return (End(length) - Begin(length)) * pixels; }
};

// Each of the lengths where their names, `name_pixels` long, have room beside each other; else round numbers among
// them.
std::string Ticks(const Scale& scale, double name_pixels) {
  const std::vector<int64_t>& lengths = scale.axis.lengths;
  const double gap = name_pixels / scale.pixels;
  const bool uniform_room = lengths.size() < 2 || (lengths.back() - lengths.front()) / (lengths.size() - 1.0) >= gap;
  const int64_t step = uniform_room ? 1 : RoundStep(static_cast<int64_t>(std::ceil(gap)));
  std::vector<int64_t> ticks;
  for (const int64_t length : lengths) {
    const bool first = length == lengths.front();
    if (length % step != 0 && !(first && length == 1)) continue;
    if (ticks.empty() || length - ticks.back() >= gap * 0.8) ticks.push_back(length);
  }
  return absl::StrCat("(", absl::StrJoin(ticks, ", "), ")");
}

// Where the training range ends on an axis: at the border after the longest trained length; 0 for nowhere.
double TrainingEnd(const GridAxis& axis) {
  double end = 0;
  for (size_t i = 0; i < axis.lengths.size(); ++i) {
    if (axis.lengths[i] <= axis.trained_max) end = axis.borders[i + 1];
  }
  return end;
}

// A red frame around the training range, or nothing.
std::string Outline(const GridCells& grid) {
  const double x = TrainingEnd(grid.second);
  const double y = TrainingEnd(grid.first);
  if (x == 0 || y == 0) return "";
  return absl::StrFormat(
      "set object 1 rectangle from %g,%g to %g,%g front fillstyle empty border rgb '#d7191c' linewidth 3\n",
      grid.second.borders.front(), grid.first.borders.front(), x, y);
}

// left, right, bottom, top, percent of every rectangle: neighbours in a row that have the same percentage are one. Each
// reaches a pixel into those that are drawn over it, to the right and above, so that no light seam is left between
// them.
std::string Rectangles(const GridCells& grid, const Scale& x, const Scale& y) {
  std::string out = "$rectangles << END\n";
  for (auto it = grid.cells.begin(); it != grid.cells.end();) {
    const size_t row = grid.first.IndexOf(it->first.first), begin = grid.second.IndexOf(it->first.second);
    const double percent = it->second;
    size_t end = begin;
    for (; it != grid.cells.end() && it->second == percent; ++it, ++end) {
      if (grid.first.IndexOf(it->first.first) != row || grid.second.IndexOf(it->first.second) != end) break;
    }
    const double right = std::min(grid.second.borders[end] + 1 / x.pixels, grid.second.borders.back());
    const double top = std::min(grid.first.borders[row + 1] + 1 / y.pixels, grid.first.borders.back());
    absl::StrAppendFormat(&out, "%g %.6g %g %.6g %.6g\n", grid.second.borders[begin], right, grid.first.borders[row],
                          top, percent);
  }
  return out + "END\n";
}

// Rounded down, so that 100 means all; to one decimal where `decimals` is set and there is one.
std::string LabelOf(double percent, bool decimals) {
  if (!decimals || percent == std::floor(percent)) return absl::StrFormat("%.0f", std::floor(percent));
  return absl::StrFormat("%.1f", std::floor(percent * 10 * (1 + 1e-12)) / 10);  // 28.7 * 10 is less than 287
}

struct LabelStyle {
  double font = 0;  // points; 0: no labels
  bool decimals = false;
  size_t letters = 3;  // of the longest label that there may be: a cell without room for it has none
};

// The largest font in which labels fit into at least half of the cells.
LabelStyle LargestFont(const GridCells& grid, const Scale& x, const Scale& y, bool decimals) {
  LabelStyle style;
  style.decimals = decimals;
  for (const auto& [lengths, percent] : grid.cells) {
    style.letters = std::max(style.letters, LabelOf(percent, decimals).size());
  }
  std::vector<double> fonts;
  for (const auto& [lengths, percent] : grid.cells) {
    const double by_width = (x.Pixels(lengths.second) - kGap) / TextWidth(style.letters, 1);
    fonts.push_back(std::min(by_width, y.Pixels(lengths.first) / TextHeight(1)));
  }
  std::nth_element(fonts.begin(), fonts.begin() + fonts.size() / 2, fonts.end());
  style.font = std::floor(std::min(fonts[fonts.size() / 2], kMostLabelFont));
  if (style.font < kLeastLabelFont) style.font = 0;
  return style;
}

// Decimals only where they can be read well.
LabelStyle LabelStyleOf(const GridCells& grid, const Scale& x, const Scale& y) {
  const LabelStyle with_decimals = LargestFont(grid, x, y, /*decimals=*/true);
  return with_decimals.font >= kGoodLabelFont ? with_decimals : LargestFont(grid, x, y, /*decimals=*/false);
}

// x, y, label, colour of every cell with room for its percentage.
std::string Labels(const GridCells& grid, const Scale& x, const Scale& y, const LabelStyle& style) {
  std::string out = "$labels << END\n";
  for (const auto& [lengths, percent] : grid.cells) {
    if (x.Pixels(lengths.second) - kGap < TextWidth(style.letters, style.font)) continue;
    if (y.Pixels(lengths.first) < TextHeight(style.font)) continue;
    absl::StrAppendFormat(&out, "%g %g %s %s\n", (x.Begin(lengths.second) + x.End(lengths.second)) / 2,
                          (y.Begin(lengths.first) + y.End(lengths.first)) / 2, LabelOf(percent, style.decimals),
                          percent > 55 ? "0xffffff" : "0x202020");
  }
  return out + "END\n";
}

// Axes with their names and ticks.
std::string Axes(const GridCells& grid, const Scale& x, const Scale& y) {
  const size_t letters = absl::StrCat(grid.second.lengths.back()).size();
  return absl::StrFormat(
      "set xlabel %s\nset ylabel %s\nset xrange [%g:%g]\nset yrange [%g:%g]\n"
      "set xtics out nomirror %s\nset ytics out nomirror %s\n",
      Quoted(grid.second.name), Quoted(grid.first.name), grid.second.borders.front(), grid.second.borders.back(),
      grid.first.borders.front(), grid.first.borders.back(), Ticks(x, TextWidth(letters + 1, kTickFont)),
      Ticks(y, TextHeight(kTickFont)));
}

}  // namespace

absl::StatusOr<std::string> HeatmapScript(const std::vector<Cell>& cells, const HeatmapOptions& options,
                                          absl::string_view format) {
  TALLY_ASSIGN_OR_RETURN(const GridCells grid, LayOutGrid(cells, options.first_element));
  const Scale x(grid.second, kWidthShare * options.size.width), y(grid.first, kHeightShare * options.size.height);
  const std::string title = options.title.empty() ? TitleOf(grid.any, options.first_element) : options.title;
  const std::string outline = Outline(grid);
  std::string script = absl::StrCat(TerminalLine(format, options.size), TitleLine(title, options.size), kPalette,
                                    "set cbrange [0:100]\nset cblabel '",
                                    options.first_element ? "right first elements, %" : "exact answers, %", "'\n",
                                    Axes(grid, x, y), outline, outline.empty() ? "" : "set bmargin 6\n");
  absl::StrAppend(&script, "set key at screen 0.47,0.03 center Left reverse\nset style fill solid 1 noborder\n",
                  Rectangles(grid, x, y));
  const LabelStyle labels = LabelStyleOf(grid, x, y);
  if (labels.font > 0) absl::StrAppend(&script, Labels(grid, x, y, labels));
  absl::StrAppend(&script,
                  "plot $rectangles using (($1+$2)/2):(($3+$4)/2):1:2:3:4:5 with boxxyerror linecolor palette notitle");
  if (labels.font > 0) {
    absl::StrAppendFormat(
        &script, ", \\\n  $labels using 1:2:3:4 with labels font ',%g' textcolor rgb variable notitle", labels.font);
  }
  if (!outline.empty()) {
    absl::StrAppend(&script, ", \\\n  NaN with lines linecolor rgb '#d7191c' linewidth 3 title ",
                    Quoted(absl::StrCat("trained on ", TrainingRange(grid))));
  }
  return script + "\n";
}

absl::Status DrawHeatmap(const std::vector<Cell>& cells, const HeatmapOptions& options, const std::string& path) {
  // Both forms refuse the same cells.
  TALLY_ASSIGN_OR_RETURN(const std::string text, HeatmapText(cells, options.first_element));
  return DrawPicture(
      path, options.size, [&](absl::string_view format) { return *HeatmapScript(cells, options, format); },
      [&] { return text; });
}

}  // namespace tally
