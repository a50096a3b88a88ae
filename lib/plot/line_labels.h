// Names of a panel's lines beside the lines themselves, in place of a legend.
#ifndef TALLY_LIB_PLOT_LINE_LABELS_H_
#define TALLY_LIB_PLOT_LINE_LABELS_H_

#include <string>
#include <vector>

#include "lib/plot/chart.h"

namespace tally {

// Where a name stands, in shares of the area between the axes: x of its left end, or of its right one, and y of its
// middle.
struct LineLabel {
  std::string text;
  int style = 0;
  double x = 0, y = 0;
  bool ends_at_x = false;
};

// The area between the axes: the ends of the x axis, and pixels.
struct PanelArea {
  double low = 0, high = 1;
  double width = 1, height = 1;
};

// The share of the area's width at which `x` is.
double ShareOfWidth(const Panel& panel, const PanelArea& area, double x);

// Whether names beside the lines can be read: percentages, few lines, short names.
bool HasRoomForLabels(const Panel& panel, const PanelArea& area);

// A name for each line with a point: right of where the line leaves its upper half, or of its highest point, under the
// end of one that does not; moved up or down where another name stands. Of a panel with HasRoomForLabels.
std::vector<LineLabel> LabelsOf(const Panel& panel, const PanelArea& area);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_LINE_LABELS_H_
