// plot: draws results of eval, metrics of train and descriptions of data sets. Parses flags; the work is in lib/plot.
#include <string>
#include <vector>

#include "lib/config/tool_main.h"
#include "lib/plot/plot.h"
#include "lib/tasks/registry.h"

namespace {

tally::Tool Manual(tally::PlotFlags* flags) {
  return {
      .name = "plot",
      .purpose = "draw results of eval, metrics of train, and what is in a data set",
      .synopsis = "plot [KIND] [flags] [[LABEL=]FILE ...]",
      .examples = {{"plot cells.jsonl --out=grid.png", "a heatmap of exact answers, the training range outlined"},
                   {"tally eval --model=RUN | plot", "the same as text, straight from eval"},
                   {"plot sort cells.jsonl --first_element --out=sort.png",
                    "a heatmap over digits and numbers in the array, of right first elements"},
                   {"plot lengths short=a.jsonl long=b.jsonl long=c.jsonl --out=lengths.svg",
                    "exact answers against length; files of one label, such as seeds: their median and range"},
                   {"plot thinking cells.jsonl --out=thinking.png", "exact answers against recurrences"},
                   {"tally eval --model=RUN --errors | plot errors --out=errors.png",
                    "wrong answers by place of the token, first wrong token, carries and the like"},
                   {"plot training RUN other=RUN2 --out=training.svg",
                    "loss, exact answers, token accuracy, learning rate; also while the runs run"},
                   {"plot table a.jsonl b.jsonl --out=table.tex", "exact answers of runs, in and out of distribution"},
                   {"plot sweep FOLDER --by=validation_exact --out=sweep.html",
                    "the runs of a sweep, the best settings first"},
                   {"plot report RUN cells.jsonl --out=report.html", "all of it on one page"},
                   {"plot report RUN other=RUN2 --refresh=30 --out=report.html",
                    "two runs on one page, again every 30 seconds while one is being trained"},
                   {"echo 12x345= | predict --model=RUN --trace | plot trace --out=trace.png",
                    "what a supervised state holds after each recurrence"},
                   {"plot attention attention.safetensors --out=attention.png",
                    "what predict --attention wrote: heads by recurrences"},
                   {"tokenize --describe=tokens.safetensors | plot histograms --out=data.png",
                    "lengths of operands and examples, and tokens"}},
      .options = {flags},
      .takes_arguments = true,
      .words = {{"", tally::PlotKinds()},
                {"cells", {"equal", "longest"}},
                {"format", {"markdown", "csv", "latex"}},
                {"task", tally::TaskNames()}},
  };
}

}  // namespace

int main(int argc, char** argv) {
  tally::PlotFlags flags;
  return tally::RunTool(argc, argv, Manual(&flags), [&](const auto& words) { return tally::RunPlot(words, flags); });
}
