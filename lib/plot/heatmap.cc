#include "lib/plot/heatmap.h"

#include "lib/base/status_macros.h"

namespace tally {

absl::Status DrawHeatmap(const std::vector<Cell>& cells, const HeatmapOptions& options, const std::string& path) {
  // Both forms refuse the same cells.
  TALLY_ASSIGN_OR_RETURN(const std::string text, HeatmapText(cells, options.first_element));
  return DrawPicture(
      path, options.size, [&](absl::string_view format) { return *HeatmapScript(cells, options, format); },
      [&] { return text; });
}

}  // namespace tally
