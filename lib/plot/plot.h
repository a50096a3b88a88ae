// The kinds of pictures that plot draws: heatmaps and lines of exact match, training curves, histograms of a data set,
// reports; and all of them by name. Each kind has a source of its own.
#ifndef TALLY_LIB_PLOT_PLOT_H_
#define TALLY_LIB_PLOT_PLOT_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/plot/chart.h"
#include "lib/plot/picture.h"
#include "lib/plot/plot_flags.pb.h"
#include "lib/plot/runs.h"
#include "lib/plot/table.h"
#include "lib/results/cell.h"
#include "lib/results/sweep_summary.h"

namespace tally {

// Heatmaps of exact match over operand lengths.
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

// Exact match as lines: against operand length, and against recurrences ("thinking" longer). A label that several runs
// share (seeds of one experiment) is one line: their median, and as its interval their range. Else a line is one run
// with its 95 % Wilson interval.

struct LengthsOptions {
  std::string title;            // "" for one made from the cells
  std::string cells = "equal";  // "equal": those of two equal lengths; "longest": all, by their longer length
  bool log = false;             // logarithmic axis of lengths
  bool first_element = false;   // the share of right first elements, of tasks that count them
  bool panels = false;          // labels are PANEL:LINE; a panel each, lines of one name look the same in all
};

// Exact match against operand length. UsageError for other `cells` or labels; BadInput where no cell is of that kind,
// or where a cell does not record its first element.
absl::StatusOr<Chart> LengthsChart(const std::vector<EvaluatedRun>& runs, const LengthsOptions& options);

// Exact match against recurrences. A line a cell where that makes at most seven; else one each for the cells in
// distribution, out of it in one operand, and in both. BadInput where all cells have the same recurrence count.
absl::StatusOr<Chart> ThinkingChart(const std::vector<EvaluatedRun>& runs, const std::string& title);

// What `eval --errors` counted: shares of wrong tokens by place, of first wrong tokens, and of wrong answers by each of
// the task's measures, a panel each. A line a run; of one run a line for each group of cells. BadInput for a cell that
// counts no errors.
absl::StatusOr<Chart> ErrorsChart(const std::vector<EvaluatedRun>& runs, const std::string& title);

// Training curves, of loss, exact share, token accuracy and learning rate: four panels of the metrics that `words` name
// ([LABEL=]RUN, a folder or a metrics.jsonl; "-"), a line a run; runs of one label share their colour. A run of more
// than 200 lines is drawn as means of neighbouring ones. `over_seconds`: seconds of training along x instead of steps.
// Errors as ReadMetrics.
absl::StatusOr<Chart> TrainingChart(const std::vector<std::string>& words, bool over_seconds, const std::string& title);

// What is in a data set, from the JSON lines of `tokenize --describe`.
struct Histograms {
  std::vector<std::pair<std::string, int64_t>> tokens;             // in order of id; those that occur
  std::map<int64_t, int64_t> row_lengths;                          // tokens -> rows
  std::map<std::pair<int64_t, int64_t>, int64_t> operand_lengths;  // (first, second) -> rows

  // What descriptions from before it was counted do not have:
  std::map<int64_t, int64_t> answer_lengths;                                     // tokens -> rows
  std::map<std::string, std::map<int64_t, int64_t>> measures;                    // name -> value -> rows
  std::map<std::string, std::map<std::pair<int64_t, int64_t>, int64_t>> digits;  // part -> (place, digit) -> count
};

// The lines of all `files` ("-": standard input), counts of several data sets added up. BadInput with file and line.
absl::StatusOr<Histograms> ReadHistograms(const std::vector<std::string>& files);

// Draws a heatmap of operand lengths above bars of lengths, tokens and measures and, last, the shares of digits at each
// place to `path`, as DrawPicture; "-" writes bars as text. A height of 0: what suits the panels.
absl::Status DrawHistograms(const Histograms& histograms, const std::string& title, const PictureSize& size,
                            const std::string& path);

// What `predict --trace` printed of one problem (lib/eval/trace.h).
struct TracedVariable {
  std::string name;
  std::vector<std::vector<int64_t>> values;  // [recurrences][tokens of the answer]
};
struct Trace {
  std::string line;  // the problem and its answer
  std::vector<TracedVariable> variables;
  std::vector<bool> differs;  // [recurrences] whether a value is not that of the task
};

// BadInput with file and line.
absl::StatusOr<Trace> ReadTrace(const std::string& path);

// Draws a panel for each variable, recurrences by tokens of the answer, to `path`, as DrawPicture does; "-" writes the
// first recurrence that differs from the task.
absl::Status DrawTrace(const Trace& trace, const std::string& title, const PictureSize& size, const std::string& path);

struct SweepOptions {
  std::string folder;  // for the title
  std::string title;   // "": the folder
  PictureSize size;    // 0: what suits the number of settings
  std::string format;  // of a table, as ParseTableFormat
};

// A row a setting, the best first: its values, how many runs have started, and mean and range over them of the measure
// that ranks, the usual ones, steps and seconds. `for_programs`: mean, low and high in columns of their own.
TextTable SweepTable(const SweepSummary& summary, bool for_programs);

// Writes SweepTable, a picture of it (.png, .svg), or both as a page (.html) to `out`. UsageError for another ending or
// format.
absl::Status DrawSweep(const SweepSummary& summary, const SweepOptions& options, const std::string& out);

// What `predict --attention` or `--hidden_states` wrote of one line (docs/formats/inside.md).
struct TokenTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;        // row-major
  std::vector<std::string> tokens;  // of the line
  std::string line;
};

// [recurrence, layer, head, query, key] and [recurrence, token, feature]. BadInput names what is missing or wrong.
absl::StatusOr<TokenTensor> ReadAttention(const std::string& path);
absl::StatusOr<TokenTensor> ReadHiddenStates(const std::string& path);

// Draws a panel for each head, rows of them, and recurrence, columns, to `path`, as DrawPicture does: queries down,
// keys along. Of many recurrences or heads some, evenly spread; the title says so. "-" writes the strongest key of each
// query. A size of 0: what suits the panels.
absl::Status DrawAttention(const TokenTensor& attention, const std::string& title, const PictureSize& size,
                           const std::string& path);

// Draws the norm of each token's state after each recurrence, and its cosine with the state before, to `path`, as
// DrawPicture does; "-" writes their means over tokens.
absl::Status DrawHiddenStates(const TokenTensor& states, const std::string& title, const PictureSize& size,
                              const std::string& path);

struct ReportOptions {
  std::string title;  // "" for one made from the runs
  std::string out;    // ends in .html, one file that needs no other, or is "-" for text
  int refresh = 0;  // seconds after which the page is written again while a run is being trained; 0: it is written once
};

// A report: writes a page on the runs whose folders come first in `words` ([LABEL=]FOLDER), their evaluations and their
// wrong answers ([LABEL=]FILE, of eval and of its --log_samples): training curves and the newest measures, exact match
// as table, heatmaps and lines, the worst cells, where answers are wrong, data, parameters, configuration and in what
// runs differ, the commands to do all of it again. UsageError for another ending; MissingInput where a run has no
// configuration; errors of the readers. A run that has logged or saved nothing yet has a report that says so.
absl::Status WriteReport(const std::vector<std::string>& words, const ReportOptions& options);

// The kinds that RunPlot knows, in the order of its messages.
std::vector<std::string> PlotKinds();

// Draws what `words` ask for: a kind, then files ("-" where there is none). Where the first word names no kind, all
// words are files of cells for a heatmap. Every kind takes title and size, and those of the others that its entry in
// plot.cc lists: UsageError for a flag that it does not take; errors of the readers.
absl::Status RunPlot(const std::vector<std::string>& words, const PlotFlags& flags);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_PLOT_H_
