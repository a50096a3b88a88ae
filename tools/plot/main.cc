// plot: draws results of eval and descriptions of data sets. Parses flags; the work is in lib/plot.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/base/status_macros.h"
#include "lib/base/tool_main.h"
#include "lib/plot/heatmap.h"
#include "lib/plot/histograms.h"
#include "lib/results/cell.h"

ABSL_FLAG(std::string, out, "-", "picture, .png or .svg; -: text on standard output");
ABSL_FLAG(std::string, title, "", "title of the picture; default: task, model, step");
ABSL_FLAG(bool, histograms, false, "draw what tokenize --describe prints, not cells of eval");
ABSL_FLAG(int32_t, width, 900, "of the picture, in pixels");
ABSL_FLAG(int32_t, height, 800, "of the picture, in pixels");

namespace {

tally::Tool Manual() {
  return {
      .name = "plot",
      .purpose = "draw exact match over operand lengths, or what is in a data set",
      .synopsis = "plot [flags] [cells.jsonl ...]",
      .examples = {{"plot cells.jsonl --out=grid.png", "a heatmap, the training range outlined"},
                   {"eval --model=RUN | plot", "the same as text, straight from eval"},
                   {"tokenize --describe=tokens.safetensors | plot --histograms --out=data.png",
                    "lengths of operands and rows, and tokens"}},
      .groups = {{"Input", {"histograms"}}, {"Output", {"out", "title", "width", "height"}}},
      .version_details = "",
      .takes_arguments = true,
  };
}

absl::Status Run(std::vector<std::string> files) {
  if (files.empty()) files.push_back("-");
  const std::string out = absl::GetFlag(FLAGS_out), title = absl::GetFlag(FLAGS_title);
  const tally::PictureSize size = {absl::GetFlag(FLAGS_width), absl::GetFlag(FLAGS_height)};
  if (absl::GetFlag(FLAGS_histograms)) {
    TALLY_ASSIGN_OR_RETURN(const tally::Histograms histograms, tally::ReadHistograms(files));
    return tally::DrawHistograms(histograms, title, size, out);
  }
  std::vector<tally::Cell> cells;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<tally::Cell> more, tally::ReadCells(file));
    cells.insert(cells.end(), more.begin(), more.end());
  }
  return tally::DrawHeatmap(cells, {title, size}, out);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto& words) { return Run(words); });
}
