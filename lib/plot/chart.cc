#include "lib/plot/chart.h"

namespace tally {

absl::Status DrawChart(const Chart& chart, const PictureSize& size, const std::string& path) {
  return DrawPicture(
      path, size, [&](absl::string_view format) { return ChartScript(chart, size, format); },
      [&] { return ChartText(chart); });
}

}  // namespace tally
