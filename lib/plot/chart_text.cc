#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/plot/chart.h"

namespace tally {
namespace {

constexpr int kMargin = 10;      // columns left of a canvas
constexpr int kTallCanvas = 16;  // rows, of a panel alone
constexpr int kLowCanvas = 8;
constexpr size_t kMostRows = 25;  // of a table

char Letter(int style) { return static_cast<char>(style < 26 ? 'a' + style : 'A' + style % 26); }

// An axis of a canvas: its range, and where a value falls in it.
struct Axis {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool log = false;

  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // 0..cells-1.
  int Cell(double value, int cells) const {
    const auto place = [&](double v) { return log ? std::log(v) : v; };
    if (high <= low) return 0;
    const double share = (place(value) - place(low)) / (place(high) - place(low));
    return std::clamp(static_cast<int>(std::floor(share * (cells - 1) + 0.5)), 0, cells - 1);
  }
};

bool Shown(const Panel& panel, const ChartPoint& point) {
  return !std::isnan(point.y) && !(panel.log_x && point.x <= 0) && !(panel.log_y && point.y <= 0);
}

// Letters where lines have points, * where several lines meet.
std::vector<std::string> Letters(const Panel& panel, const Axis& x, const Axis& y, int width, int height) {
  std::vector<std::string> rows(height, std::string(width, ' '));
  for (const ChartLine& line : panel.lines) {
    for (const ChartPoint& point : line.points) {
      if (!Shown(panel, point)) continue;
      char& cell = rows[height - 1 - y.Cell(point.y, height)][x.Cell(point.x, width)];
      cell = cell == ' ' || cell == Letter(line.style) ? Letter(line.style) : '*';
    }
  }
  return rows;
}

std::string Canvas(const Panel& panel, int width, int height) {
  Axis x, y;
  x.log = panel.log_x;
  y.log = panel.log_y;
  for (const ChartLine& line : panel.lines) {
    for (const ChartPoint& point : line.points) {
      if (!Shown(panel, point)) continue;
      x.Add(point.x);
      y.Add(point.y);
    }
  }
  std::string out = absl::StrCat(panel.y_label, panel.log_y ? " (logarithmic)" : "", "\n");
  if (x.low > x.high) return absl::StrCat(out, std::string(kMargin, ' '), "no values\n");
  if (panel.percent) y.low = 0, y.high = 100;
  const std::vector<std::string> rows = Letters(panel, x, y, width, height);
  for (int row = 0; row < height; ++row) {
    const std::string edge = row == 0            ? absl::StrFormat("%.4g", y.high)
                             : row == height - 1 ? absl::StrFormat("%.4g", y.low)
                                                 : "";
    absl::StrAppendFormat(&out, "%*s |%s\n", kMargin - 2, edge,
                          rows[row].substr(0, rows[row].find_last_not_of(' ') + 1));
  }
  const std::string left = absl::StrFormat("%.6g", x.low), right = absl::StrFormat("%.6g", x.high);
  const std::string middle = absl::StrCat(panel.x_label, panel.log_x ? " (logarithmic)" : "");
  const int room = std::max(2, width - static_cast<int>(left.size() + middle.size() + right.size()));
  absl::StrAppend(&out, std::string(kMargin - 1, ' '), "+", std::string(width, '-'), "\n", std::string(kMargin, ' '),
                  left, std::string(room / 2, ' '), middle, std::string(room - room / 2, ' '), right, "\n");
  return out;
}

// Of one line at one x.
std::string TableEntry(const ChartPoint& point) {
  if (std::isnan(point.y)) return "-";
  if (std::isnan(point.low)) return absl::StrFormat("%.1f", point.y);
  return absl::StrFormat("%.1f (%.1f..%.1f)", point.y, point.low, point.high);
}

// A row an x, a column a line; rows are thinned, the last one kept.
std::string Table(const Panel& panel) {
  std::map<double, std::vector<std::string>> rows;
  std::string header = absl::StrFormat("%*s", kMargin, panel.x_label.substr(0, panel.x_label.find(' ')));
  for (size_t i = 0; i < panel.lines.size(); ++i) {
    absl::StrAppendFormat(&header, " %20s", std::string(1, Letter(panel.lines[i].style)));
    for (const ChartPoint& point : panel.lines[i].points) {
      std::vector<std::string>& row = rows[point.x];
      row.resize(panel.lines.size(), "-");
      row[i] = TableEntry(point);
    }
  }
  std::string out = header + "\n";
  const size_t step = (rows.size() + kMostRows - 1) / kMostRows;
  size_t left = rows.size();
  for (const auto& [x, row] : rows) {
    if (--left % step != 0) continue;
    absl::StrAppendFormat(&out, "%*g", kMargin, x);
    for (const std::string& entry : row) absl::StrAppendFormat(&out, " %20s", entry);
    absl::StrAppend(&out, "\n");
  }
  return out;
}

bool HasIntervals(const Panel& panel) {
  for (const ChartLine& line : panel.lines) {
    for (const ChartPoint& point : line.points) {
      if (!std::isnan(point.low)) return true;
    }
  }
  return false;
}

}  // namespace

std::string ChartText(const Chart& chart, int columns) {
  std::string out = chart.title + "\n";
  const int width = std::max(20, columns - kMargin - 1), height = chart.panels.size() > 1 ? kLowCanvas : kTallCanvas;
  for (const Panel& panel : chart.panels) {
    absl::StrAppend(&out, "\n", Canvas(panel, width, height));
    if (HasIntervals(panel)) absl::StrAppend(&out, "\n", Table(panel));
  }
  absl::StrAppend(&out, "\n");
  std::set<int> named;
  for (const Panel& panel : chart.panels) {
    for (const ChartLine& line : panel.lines) {
      if (named.insert(line.style).second)
        absl::StrAppend(&out, std::string(1, Letter(line.style)), "  ", line.name, "\n");
    }
  }
  for (const Panel& panel : chart.panels) {
    if (std::isnan(panel.mark_x)) continue;
    absl::StrAppend(&out, panel.mark_name, "\n");
    break;
  }
  return out;
}

}  // namespace tally
