#include "lib/plot/heatmap.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/plot/gnuplot.h"

namespace tally {

absl::Status DrawHeatmap(const std::vector<Cell>& cells, const HeatmapOptions& options, const std::string& path) {
  if (path == "-") {
    TALLY_ASSIGN_OR_RETURN(const std::string text, HeatmapText(cells));
    TALLY_ASSIGN_OR_RETURN(const auto out, OutputStream::Open("-"));
    TALLY_RETURN_IF_ERROR(out->Write(text));
    return out->Commit();
  }
  const bool png = absl::EndsWith(path, ".png");
  if (!png && !absl::EndsWith(path, ".svg")) {
    return UsageError(absl::StrCat("--out=", path, ": expected a name ending in .png or .svg, or - for text"));
  }
  for (const int size : {options.width, options.height}) {
    if (size < 100 || size > 10000)
      return UsageError(absl::StrCat("a picture of ", size, " pixels; expected 100..10000"));
  }
  TALLY_ASSIGN_OR_RETURN(const std::string script, HeatmapScript(cells, options, png ? "png" : "svg"));
  TALLY_ASSIGN_OR_RETURN(const std::string picture, RunGnuplot(script));
  return WriteFile(path, picture);
}

}  // namespace tally
