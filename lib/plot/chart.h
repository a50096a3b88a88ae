// Line charts: one or several panels over a common legend, drawn by gnuplot or as text; and lines made of counts of
// right answers.
#ifndef TALLY_LIB_PLOT_CHART_H_
#define TALLY_LIB_PLOT_CHART_H_

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/plot/picture.h"

namespace tally {

inline constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

struct ChartPoint {
  double x = 0;
  double y = 0;  // kNothing: a gap in the line
  double low = kNothing;
  double high = kNothing;  // the interval around y; kNothing for none
};

// Lines of the same style, in this panel or another, have one colour and one entry in the legend.
struct ChartLine {
  std::string name;
  int style = 0;  // 0, 1, 2, ...
  std::vector<ChartPoint> points;
  size_t runs = 1;  // more: it is their median
};

struct Panel {
  std::string x_label;
  std::string y_label;
  bool log_x = false;
  bool log_y = false;
  bool percent = false;    // the y axis shows 0..100 whatever the data are; else it follows the data
  bool from_zero = false;  // the y axis begins at 0
  double mark_x = kNothing;
  std::string mark_name;  // in the legend, for a vertical line at mark_x
  std::vector<ChartLine> lines;
};

struct Chart {
  std::string title;
  std::vector<Panel> panels;  // side by side in rows of two
};

// A gnuplot script that draws `chart` as "png" or "svg" on standard output. Intervals are bars where a line has at most
// 30 points, else a band. Points that a logarithmic axis cannot show are left out.
std::string ChartScript(const Chart& chart, const PictureSize& size, absl::string_view format);

// The panels as text, letters for lines, at most `columns` wide; tables of the values with their intervals where lines
// have intervals.
std::string ChartText(const Chart& chart, int columns = 100);

// Draws ChartScript to `path`, or ChartText to standard output, as DrawPicture does.
absl::Status DrawChart(const Chart& chart, const PictureSize& size, const std::string& path);

// Counts of right answers, gathered along an axis, as lines of a chart.
class AccuracyLines {
 public:
  // Adds `exact` of `samples` at `x` to run number `run` of the line called `name`.
  void Add(const std::string& name, size_t run, double x, int64_t exact, int64_t samples);

  // In the order in which names came first; in percent. One run: its share and 95 % Wilson interval, samples at the
  // same x added up. Several runs: median and range of their shares.
  std::vector<ChartLine> Lines() const;

  // ": median and range of 3 runs", those of the line that has most, for the name of an axis; "" where none has
  // several.
  std::string Spread() const;

  size_t size() const { return lines_.size(); }

 private:
  struct Counts {
    int64_t exact = 0;
    int64_t samples = 0;
  };
  using ByRun = std::map<size_t, std::map<double, Counts>>;

  std::vector<std::pair<std::string, ByRun>> lines_;
};

// Adds " (1 run)" to the names of lines that have fewer runs than others. After styles are given by names.
void NameRuns(std::vector<ChartLine>* lines);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_CHART_H_
