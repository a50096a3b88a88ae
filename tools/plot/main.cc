// plot: draws results of eval, metrics of train and descriptions of data sets. Parses flags; the work is in lib/plot.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/config/tool_main.h"
#include "lib/plot/plot.h"

static const tally::PlotOptions kDefault;

ABSL_FLAG(std::string, out, kDefault.out, "picture, .png or .svg; -: text on standard output");
ABSL_FLAG(std::string, title, kDefault.title, "title of the picture; default: task, model, step");
ABSL_FLAG(int32_t, width, kDefault.width, "of the picture, in pixels; 0: what suits the kind");
ABSL_FLAG(int32_t, height, kDefault.height, "of the picture, in pixels; 0: what suits the kind");
ABSL_FLAG(bool, seconds, kDefault.seconds, "training: seconds of training along the axis, not steps");
ABSL_FLAG(std::string, cells, kDefault.cells,
          "lengths: equal, cells of two equal lengths; longest, all cells by their longer length");
ABSL_FLAG(std::string, format, kDefault.format,
          "table: markdown, csv or latex; default: by the ending of --out, .md, .csv or .tex");
ABSL_FLAG(bool, log, kDefault.log, "lengths: logarithmic axis of lengths");
ABSL_FLAG(bool, panels, kDefault.panels, "lengths: labels are PANEL:LABEL, and each panel is drawn beside the others");
ABSL_FLAG(bool, first_element, kDefault.first_element,
          "heatmap, sort, lengths: right first elements of sorted arrays instead of exact answers");

namespace {

tally::Tool Manual() {
  return {
      .name = "plot",
      .purpose = "draw results of eval, metrics of train, and what is in a data set",
      .synopsis = "plot [KIND] [flags] [[LABEL=]FILE ...]",
      .examples = {{"plot cells.jsonl --out=grid.png", "a heatmap of exact answers, the training range outlined"},
                   {"eval --model=RUN | plot", "the same as text, straight from eval"},
                   {"plot sort cells.jsonl --first_element --out=sort.png",
                    "a heatmap over digits and numbers in the array, of right first elements"},
                   {"plot lengths short=a.jsonl long=b.jsonl long=c.jsonl --out=lengths.svg",
                    "exact answers against length; files of one label, such as seeds: their median and range"},
                   {"plot thinking cells.jsonl --out=thinking.png", "exact answers against recurrences"},
                   {"plot training RUN other=RUN2 --out=training.svg",
                    "loss, exact answers, token accuracy, learning rate; also while the runs run"},
                   {"plot table a.jsonl b.jsonl --out=table.tex", "exact answers of runs, in and out of distribution"},
                   {"plot report RUN cells.jsonl --out=report.html", "all of it on one page"},
                   {"tokenize --describe=tokens.safetensors | plot histograms --out=data.png",
                    "lengths of operands and rows, and tokens"}},
      .groups = {{"Output", {"out", "title", "width", "height"}},
                 {"Content", {"first_element", "cells", "log", "panels", "seconds", "format"}}},
      .version_details = "",
      .takes_arguments = true,
  };
}

absl::Status Run(const std::vector<std::string>& words) {
  tally::PlotOptions options;
  options.out = absl::GetFlag(FLAGS_out);
  options.title = absl::GetFlag(FLAGS_title);
  options.width = absl::GetFlag(FLAGS_width);
  options.height = absl::GetFlag(FLAGS_height);
  options.seconds = absl::GetFlag(FLAGS_seconds);
  options.cells = absl::GetFlag(FLAGS_cells);
  options.format = absl::GetFlag(FLAGS_format);
  options.log = absl::GetFlag(FLAGS_log);
  options.panels = absl::GetFlag(FLAGS_panels);
  options.first_element = absl::GetFlag(FLAGS_first_element);
  return tally::RunPlot(words, options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto& words) { return Run(words); });
}
