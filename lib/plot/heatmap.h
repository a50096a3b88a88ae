// Heatmaps of exact match over operand lengths, drawn by gnuplot or as text.
#ifndef TALLY_LIB_PLOT_HEATMAP_H_
#define TALLY_LIB_PLOT_HEATMAP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/plot/picture.h"
#include "lib/results/cell.h"

namespace tally {

struct HeatmapOptions {
  std::string title;  // "" for one made from the cells: task, model, step
  PictureSize size;
  bool first_element = false;  // the share of right first elements, of tasks that count them
};

// A gnuplot script that draws `cells` (those of the grid) as "png" or "svg" on standard output. A cell is as wide as
// the step of the grid there; colours fixed from 0 to 100 %; the training range outlined; the percentage written in
// cells that are large enough; blank where the grid has no cell. Neighbours of equal colour in a row are one rectangle.
// Errors as LayOutGrid.
absl::StatusOr<std::string> HeatmapScript(const std::vector<Cell>& cells, const HeatmapOptions& options,
                                          absl::string_view format);

// The same as text for a terminal: a row a first-operand length, percent in each cell, those of the training range
// starred. Cells are thinned to fit `columns` characters.
absl::StatusOr<std::string> HeatmapText(const std::vector<Cell>& cells, bool first_element = false, int columns = 100);

// Draws HeatmapScript to `path`, or HeatmapText to standard output, as DrawPicture does.
absl::Status DrawHeatmap(const std::vector<Cell>& cells, const HeatmapOptions& options, const std::string& path);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_HEATMAP_H_
