#include "lib/plot/line_labels.h"

#include <algorithm>
#include <cmath>

namespace tally {
namespace {

constexpr size_t kMostLabels = 12;
constexpr double kLetterWidth = 8;  // pixels
constexpr double kLetterHeight = 17;
constexpr double kLeastPercent = -2, kMostPercent = 102;  // the y axis of percentages
constexpr double kUpperHalf = 50;

double ShareOfHeight(double percent) { return (percent - kLeastPercent) / (kMostPercent - kLeastPercent); }

// The point beside which the name stands: the last one in the upper half, else the highest; null for a line without.
const ChartPoint* PointOfLabel(const Panel& panel, const ChartLine& line) {
  const ChartPoint* best = nullptr;
  for (const ChartPoint& point : line.points) {
    if (std::isnan(point.y) || (panel.log_x && point.x <= 0)) continue;
    if (best == nullptr || point.y >= std::min(best->y, kUpperHalf)) best = &point;
  }
  return best;
}

double WidthOf(const LineLabel& label, const PanelArea& area) {
  return kLetterWidth * static_cast<double>(label.text.size()) / area.width;
}

bool Overlap(const LineLabel& a, const LineLabel& b, const PanelArea& area) {
  const double a_left = a.ends_at_x ? a.x - WidthOf(a, area) : a.x, b_left = b.ends_at_x ? b.x - WidthOf(b, area) : b.x;
  return std::abs(a.y - b.y) < kLetterHeight / area.height && a_left < b_left + WidthOf(b, area) &&
         b_left < a_left + WidthOf(a, area);
}

// The name of a line whose point is `point`, where nothing else stands in its way.
LineLabel Beside(const Panel& panel, const PanelArea& area, const ChartLine& line, const ChartPoint& point) {
  LineLabel label = {line.name, line.style, ShareOfWidth(panel, area, point.x), ShareOfHeight(point.y), false};
  const double row = kLetterHeight / area.height, gap = 8 / area.width;
  label.ends_at_x = label.x + gap + WidthOf(label, area) > 1;
  if (label.ends_at_x) {
    label.y += point.y < kUpperHalf ? row : -row;
  } else {
    label.x += gap;
  }
  return label;
}

}  // namespace

double ShareOfWidth(const Panel& panel, const PanelArea& area, double x) {
  const auto place = [&](double value) { return panel.log_x ? std::log(value) : value; };
  return (place(x) - place(area.low)) / (place(area.high) - place(area.low));
}

bool HasRoomForLabels(const Panel& panel, const PanelArea& area) {
  size_t longest = 0;
  for (const ChartLine& line : panel.lines) longest = std::max(longest, line.name.size());
  return panel.percent && panel.lines.size() <= kMostLabels &&
         kLetterWidth * static_cast<double>(longest) < 0.7 * area.width;
}

std::vector<LineLabel> LabelsOf(const Panel& panel, const PanelArea& area) {
  std::vector<LineLabel> labels;
  for (const ChartLine& line : panel.lines) {
    const ChartPoint* const point = PointOfLabel(panel, line);
    if (point != nullptr) labels.push_back(Beside(panel, area, line, *point));
  }
  std::stable_sort(labels.begin(), labels.end(), [](const LineLabel& a, const LineLabel& b) { return a.y > b.y; });
  const double step = kLetterHeight / area.height / 2;
  for (size_t i = 0; i < labels.size(); ++i) {
    LineLabel& label = labels[i];
    const auto taken = [&] {
      return std::any_of(labels.begin(), labels.begin() + static_cast<int64_t>(i),
                         [&](const LineLabel& other) { return Overlap(label, other, area); });
    };
    const double wanted = label.y;
    while (taken() && label.y > step) label.y -= step;
    if (taken()) label.y = wanted;
    while (taken() && label.y < 1 - step) label.y += step;
  }
  return labels;
}

}  // namespace tally
