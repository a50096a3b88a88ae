#include "lib/plot/chart.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/plot/line_labels.h"

namespace tally {
namespace {

constexpr size_t kMostBars = 30;      // intervals of a line; more become a band
constexpr size_t kMarksOfALine = 20;  // about; short lines have one at each point
constexpr size_t kMostTicks = 10;     // one at each x
constexpr int kTitleHeight = 36;      // pixels
constexpr int kLegendRow = 22;
constexpr int kLetterWidth = 11;  // of the legend's font, at most
constexpr int kLeftMargin = 13;   // letters
constexpr int kRightMargin = 3;
constexpr int kMarginLetter = 8;      // pixels
constexpr int kAxisHeight = 60;       // of the x axis with its name
constexpr double kBarsApart = 0.004;  // of the width

// Told apart in any colour vision (Okabe and Ito, "Color Universal Design", 2008), their yellow left out: pale on
// white.
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
constexpr int kMarks[] = {7, 5, 9, 13, 11, 6, 4};  // gnuplot's circle, square, triangle, ...
constexpr int kDashes = 4;

// The look of a line; beyond seven lines the colours come again, dashed.
std::string Style(int style) {
  const int colour = style % static_cast<int>(std::size(kColours));
  return absl::StrFormat("linecolor rgb '%s' linewidth 1.5 dashtype %d", kColours[colour],
                         1 + style / static_cast<int>(std::size(kColours)) % kDashes);
}

std::string Mark(int style) {
  return absl::StrFormat("pointtype %d pointsize 0.8", kMarks[style % static_cast<int>(std::size(kMarks))]);
}

bool Shown(const Panel& panel, const ChartPoint& point) {
  return !(panel.log_x && point.x <= 0) && !(panel.log_y && point.y <= 0);
}

bool HasIntervals(const ChartLine& line) {
  return std::any_of(line.points.begin(), line.points.end(), [](const ChartPoint& p) { return !std::isnan(p.low); });
}

std::string BlockName(size_t panel, size_t line) { return absl::StrCat("$panel", panel, "line", line); }

// x, y, low, high of every point; an empty line where the line has a gap.
std::string Block(const Panel& panel, const ChartLine& line, const std::string& name) {
  std::string out = absl::StrCat(name, " << END\n");
  for (const ChartPoint& point : line.points) {
    if (!Shown(panel, point)) continue;
    if (std::isnan(point.y)) {
      absl::StrAppend(&out, "\n");
    } else {
      absl::StrAppendFormat(&out, "%.7g %.7g %.7g %.7g\n", point.x, point.y, point.low, point.high);
    }
  }
  return out + "END\n";
}

std::string Blocks(const Chart& chart) {
  std::string out;
  for (size_t i = 0; i < chart.panels.size(); ++i) {
    for (size_t j = 0; j < chart.panels[i].lines.size(); ++j) {
      absl::StrAppend(&out, Block(chart.panels[i], chart.panels[i].lines[j], BlockName(i, j)));
    }
  }
  return out;
}

// Whether anything of the line would be drawn.
bool Visible(const Panel& panel, const ChartLine& line) {
  return std::any_of(line.points.begin(), line.points.end(),
                     [&](const ChartPoint& p) { return Shown(panel, p) && !std::isnan(p.y); });
}

// The elements that draw one line: band, line, marks, bars. `x` is gnuplot's for the points' place along the axis.
void AppendLine(const ChartLine& line, const std::string& block, const std::string& x,
                std::vector<std::string>* elements) {
  const std::string style = Style(line.style);
  const std::string colour = kColours[line.style % static_cast<int>(std::size(kColours))];
  const bool intervals = HasIntervals(line), bars = intervals && line.points.size() <= kMostBars;
  if (intervals && !bars) {
    elements->push_back(absl::StrCat(block, " using 1:3:4 with filledcurves fillcolor rgb '", colour,
                                     "' fillstyle transparent solid 0.2 noborder notitle"));
  }
  if (bars) {
    elements->push_back(absl::StrCat(
        block, " using ", x, ":2:3:4 with yerrorbars pointtype 0 linewidth 1 linecolor rgb '", colour, "' notitle"));
  }
  elements->push_back(absl::StrCat(block, " using ", x, ":2 with linespoints ", style, " ", Mark(line.style),
                                   " pointinterval ", 1 + line.points.size() / kMarksOfALine, " notitle"));
}

std::set<double> ShownXs(const Panel& panel) {
  std::set<double> xs;
  for (const ChartLine& line : panel.lines) {
    for (const ChartPoint& point : line.points) {
      if (Shown(panel, point)) xs.insert(point.x);
    }
  }
  return xs;
}

// The ends of the x axis: all points and the mark, and some room, so that no point sits on an edge.
std::pair<double, double> XRange(const Panel& panel) {
  std::set<double> xs = ShownXs(panel);
  if (xs.empty()) return {0, 1};
  if (panel.mark_x > 0) xs.insert(panel.mark_x);
  double low = *xs.begin(), high = *xs.rbegin();
  if (panel.log_x) {
    const double room = low == high ? 2 : std::pow(high / low, 0.03);
    low /= room, high *= room;
  } else {
    const double room = low == high ? 1 : 0.03 * (high - low);
    low -= room, high += room;
  }
  return {low, high};
}

// The place of line number `line`'s points, for gnuplot: neighbours' bars would hide each other at one place.
std::string Shifted(const Panel& panel, size_t line) {
  const auto [low, high] = XRange(panel);
  const double shares = kBarsApart * (static_cast<double>(line) - (panel.lines.size() - 1) / 2.0);
  if (!HasIntervals(panel.lines[line]) || shares == 0) return "1";
  return panel.log_x ? absl::StrFormat("($1*%.9g)", std::pow(high / low, shares))
                     : absl::StrFormat("($1+%.9g)", (high - low) * shares);
}

// "set xtics (...)" at the points themselves where they are few, else gnuplot's own.
std::string XTicks(const Panel& panel) {
  const std::set<double> xs = ShownXs(panel);
  if (xs.empty() || xs.size() > kMostTicks) return "set xtics auto out nomirror\n";
  // Names of neighbours must not run into each other.
  const auto place = [&](double x) { return panel.log_x ? std::log(x) : x; };
  const double span = std::max(place(*xs.rbegin()) - place(*xs.begin()), 1e-9);
  std::vector<std::string> ticks;
  double before = -1e300;
  for (const double x : xs) {
    if (place(x) - before >= span * 0.06) {
      ticks.push_back(absl::StrFormat("'%g' %.9g", x, x));
      before = place(x);
    }
  }
  return absl::StrCat("set xtics out nomirror (", absl::StrJoin(ticks, ", "), ")\n");
}

std::string Axes(const Panel& panel, const PanelArea& area) {
  const int font = std::min(13, TitleFont(panel.y_label, {static_cast<int>(area.height), 0}));
  std::string out =
      absl::StrCat("set xlabel ", Quoted(panel.x_label), " noenhanced\nset ylabel ", Quoted(panel.y_label),
                   " noenhanced font ',", font, "'\nunset logscale\nset autoscale\n");
  if (panel.log_x) absl::StrAppend(&out, "set logscale x\n");
  if (panel.log_y) absl::StrAppend(&out, "set logscale y\n");
  const auto [low, high] = XRange(panel);
  absl::StrAppendFormat(&out, "set xrange [%.9g:%.9g]\n", low, high);
  absl::StrAppend(&out, XTicks(panel), "set ytics auto out nomirror\n");
  if (panel.from_zero) absl::StrAppend(&out, "set yrange [0:*]\n");
  if (panel.percent) absl::StrAppend(&out, "set yrange [-2:102]\nset ytics 20\n");
  absl::StrAppend(&out, "unset arrow\n");
  if (!std::isnan(panel.mark_x)) {
    absl::StrAppendFormat(&out,
                          "set arrow 1 from %.9g, graph 0 to %.9g, graph 1 nohead back linecolor rgb '#808080' "
                          "linewidth 2 dashtype 2\n",
                          panel.mark_x, panel.mark_x);
  }
  return out;
}

// An entry of the legend: its name and how its sample is drawn.
struct Entry {
  std::string name;
  std::string look;
};

// Without the lines where `labelled`: their names stand beside them.
std::vector<Entry> Legend(const Chart& chart, bool labelled) {
  std::vector<Entry> entries;
  std::set<int> styles;
  for (const Panel& panel : chart.panels) {
    for (const ChartLine& line : panel.lines) {
      if (labelled || !styles.insert(line.style).second) continue;
      entries.push_back({line.name, absl::StrCat("linespoints ", Style(line.style), " ", Mark(line.style))});
    }
  }
  for (const Panel& panel : chart.panels) {
    if (std::isnan(panel.mark_x)) continue;
    entries.push_back({panel.mark_name, "lines linecolor rgb '#808080' linewidth 2 dashtype 2"});
    break;
  }
  return entries;
}

// How many entries are beside each other.
int LegendColumns(const std::vector<Entry>& entries, const PictureSize& size) {
  size_t longest = 0;
  for (const Entry& entry : entries) longest = std::max(longest, entry.name.size());
  return std::max(1, size.width / (kLetterWidth * static_cast<int>(longest) + 85));
}

// A strip of `height` pixels at the foot.
std::string LegendScript(const std::vector<Entry>& entries, int columns, double height) {
  std::vector<std::string> elements;
  for (const Entry& entry : entries) {
    elements.push_back(absl::StrCat("NaN with ", entry.look, " title ", Quoted(entry.name)));
  }
  if (elements.empty()) elements.emplace_back("NaN notitle");
  return absl::StrFormat(
      "set origin 0,0\nset size 1,%g\nunset logscale\nset autoscale\nset xrange [0:1]\nset yrange [0:1]\n"
      "unset border\nunset tics\nunset arrow\nunset xlabel\nunset ylabel\nset margins 0,0,0,0\n"
      "set key center center horizontal Left reverse maxcols %d samplen 3 spacing 1.2 noenhanced\nplot %s\n",
      height, columns, absl::StrJoin(elements, ", \\\n  "));
}

constexpr int kFirstLabel = 10;  // gnuplot's numbers of labels; lower ones are the title's
constexpr int kMostLabels = 20;

// The names of lines beside them, in place of those of another panel; `area` null: none.
std::string Labels(const Panel& panel, const PanelArea* area) {
  std::string out;
  for (int i = 0; i < kMostLabels; ++i) absl::StrAppend(&out, "unset label ", kFirstLabel + i, "\n");
  if (area == nullptr) return out;
  int number = kFirstLabel;
  for (const LineLabel& label : LabelsOf(panel, *area)) {
    absl::StrAppendFormat(&out,
                          "set label %d %s at graph %.4f, graph %.4f %s front boxed noenhanced textcolor rgb '%s'\n",
                          number++, Quoted(label.text), label.x, label.y, label.ends_at_x ? "right" : "left",
                          kColours[label.style % static_cast<int>(std::size(kColours))]);
  }
  return out;
}

// One panel in its part of the picture.
std::string PanelScript(const Panel& panel, size_t index, const PanelArea& area, bool labelled) {
  std::vector<std::string> elements;
  for (size_t i = 0; i < panel.lines.size(); ++i) {
    if (Visible(panel, panel.lines[i])) {
      AppendLine(panel.lines[i], BlockName(index, i), Shifted(panel, i), &elements);
    }
  }
  // A panel without data keeps its axes.
  Panel empty = panel;
  empty.log_x = empty.log_y = false;
  const std::string axes =
      elements.empty() ? Axes(empty, area) + "set xrange [0:1]\nset yrange [0:1]\n" : Axes(panel, area);
  if (elements.empty()) elements.emplace_back("NaN notitle");
  return absl::StrCat(axes, Labels(panel, labelled ? &area : nullptr), "plot ", absl::StrJoin(elements, ", \\\n  "),
                      "\n");
}

}  // namespace

std::string ChartScript(const Chart& chart, const PictureSize& size, absl::string_view format) {
  const size_t across = std::min<size_t>(2, chart.panels.size()), down = (chart.panels.size() + across - 1) / across;
  std::vector<PanelArea> areas;
  for (const Panel& panel : chart.panels) {
    const auto [low, high] = XRange(panel);
    areas.push_back({low, high, static_cast<double>(size.width) / across - (kLeftMargin + kRightMargin) * kMarginLetter,
                     static_cast<double>(size.height - kTitleHeight - kLegendRow) / down - kAxisHeight});
  }
  bool labelled = true;
  for (size_t i = 0; i < areas.size(); ++i) labelled = labelled && HasRoomForLabels(chart.panels[i], areas[i]);
  const std::vector<Entry> entries = Legend(chart, labelled);
  const int columns = LegendColumns(entries, size);
  const int legend_rows = (static_cast<int>(entries.size()) + columns - 1) / columns;
  // Shares of the picture's height; a legend longer than half of it is squeezed.
  const double foot = std::min(0.5, (legend_rows * kLegendRow + 12.0) / size.height);
  const double head = static_cast<double>(kTitleHeight) / size.height;
  std::string script = absl::StrCat(TerminalLine(format, size), Blocks(chart));
  absl::StrAppendFormat(
      &script,
      "set style textbox opaque noborder fillcolor rgb '#40ffffff' margins 0.5,0.5\n"
      "set multiplot\nunset key\nset grid linetype 1 linecolor rgb '#e4e4e4' linewidth 1\nset border 3\n"
      "set lmargin %d\nset rmargin %d\n"
      "set label 1 %s at screen 0.5, screen %.4f center noenhanced font ',%d'\n",
      kLeftMargin, kRightMargin, Quoted(chart.title), 1 - head / 2, TitleFont(chart.title, size));
  for (size_t i = 0; i < chart.panels.size(); ++i) {
    const double width = 1.0 / across, height = (1 - head - foot) / down;
    const size_t below = i / across + 1;  // rows of panels, this one included
    absl::StrAppendFormat(&script, "set origin %.4f,%.4f\nset size %.4f,%.4f\n", i % across * width,
                          1 - head - static_cast<double>(below) * height, width, height);
    absl::StrAppend(&script, PanelScript(chart.panels[i], i, areas[i], labelled), "unset label 1\n");
  }
  return absl::StrCat(script, "unset label\n", LegendScript(entries, columns, foot), "unset multiplot\n");
}

absl::Status DrawChart(const Chart& chart, const PictureSize& size, const std::string& path) {
  return DrawPicture(
      path, size, [&](absl::string_view format) { return ChartScript(chart, size, format); },
      [&] { return ChartText(chart); });
}

}  // namespace tally
