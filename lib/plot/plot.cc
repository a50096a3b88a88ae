#include "lib/plot/plot.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/os/same_file.h"
#include "lib/base/status_macros.h"
#include "lib/config/given_flags.h"
#include "lib/plot/table.h"
#include "lib/results/reference_results.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

using Words = std::vector<std::string>;

// The size that was asked for, or `usual` where nothing was.
PictureSize SizeOf(const PlotFlags& flags, const PictureSize& usual) {
  return {flags.width() == 0 ? usual.width : flags.width(), flags.height() == 0 ? usual.height : flags.height()};
}

absl::StatusOr<std::vector<Cell>> ReadAllCells(const Words& files, const std::string& task) {
  std::vector<Cell> cells;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> more, ReadResults(file, task));
    cells.insert(cells.end(), more.begin(), more.end());
  }
  TALLY_RETURN_IF_ERROR(KeepTask(task, &cells));
  return cells;
}

absl::Status Heatmap(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> cells, ReadAllCells(files, flags.task()));
  return DrawHeatmap(cells, {flags.title(), SizeOf(flags, {900, 800}), flags.first_element()}, flags.out());
}

// The tasks whose cells count first elements.
Words WithFirstElements() {
  Words names = TaskNames();
  names.erase(
      std::remove_if(names.begin(), names.end(), [](const auto& name) { return !GridOfTask(name).first_element; }),
      names.end());
  return names;
}

// A heatmap too, of nothing but arrays.
absl::Status Sort(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> cells, ReadAllCells(files, flags.task()));
  for (const Cell& cell : cells) {
    if (!GridOfTask(cell.task).first_element) {
      return BadInputError(
          absl::StrCat("found cells of ", cell.task, ", expected ", absl::StrJoin(WithFirstElements(), " or ")));
    }
  }
  return DrawHeatmap(cells, {flags.title(), SizeOf(flags, {900, 800}), flags.first_element()}, flags.out());
}

absl::Status Lengths(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> runs,
                         ReadRuns(files, /*over_recurrences=*/false, flags.task()));
  TALLY_ASSIGN_OR_RETURN(const Chart chart, LengthsChart(runs, {flags.title(), flags.cells(), flags.log(),
                                                                flags.first_element(), flags.panels()}));
  const PictureSize usual = {chart.panels.size() > 1 ? 1400 : 900, chart.panels.size() > 1 ? 760 : 600};
  return DrawChart(chart, SizeOf(flags, usual), flags.out());
}

absl::Status Thinking(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> runs,
                         ReadRuns(files, /*over_recurrences=*/true, flags.task()));
  TALLY_ASSIGN_OR_RETURN(const Chart chart, ThinkingChart(runs, flags.title()));
  return DrawChart(chart, SizeOf(flags, {900, 600}), flags.out());
}

absl::Status Errors(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> runs,
                         ReadRuns(files, /*over_recurrences=*/false, flags.task()));
  TALLY_ASSIGN_OR_RETURN(const Chart chart, ErrorsChart(runs, flags.title()));
  const auto rows = static_cast<int>(chart.panels.size() + 1) / 2;
  return DrawChart(chart, SizeOf(flags, {1100, 100 + 300 * rows}), flags.out());
}

absl::Status Training(const Words& runs, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const Chart chart, TrainingChart(runs, flags.seconds(), flags.title()));
  return DrawChart(chart, SizeOf(flags, {1100, 800}), flags.out());
}

absl::Status DataHistograms(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const Histograms histograms, ReadHistograms(files));
  return DrawHistograms(histograms, flags.title(), SizeOf(flags, {1000, 0}), flags.out());
}

absl::Status Table(const Words& files, const PlotFlags& flags) {
  TALLY_ASSIGN_OR_RETURN(const TableFormat format, ParseTableFormat(flags.format(), flags.out()));
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> runs,
                         ReadRuns(files, /*over_recurrences=*/false, flags.task()));
  return WriteText(flags.out(),
                   FormatTable(ComparisonTable(runs, /*for_programs=*/format == TableFormat::kCsv), format));
}

absl::Status OneTrace(const Words& files, const PlotFlags& flags) {
  if (files.size() > 1) return UsageError(absl::StrCat("plot trace draws one problem; found ", files.size(), " files"));
  TALLY_ASSIGN_OR_RETURN(const Trace trace, ReadTrace(files[0]));
  return DrawTrace(trace, flags.title(), SizeOf(flags, {900, 800}), flags.out());
}

absl::Status Sweep(const Words& folders, const PlotFlags& flags) {
  if (folders.size() > 1 || folders[0] == "-") return UsageError("plot sweep needs the folder of one sweep");
  TALLY_ASSIGN_OR_RETURN(const SweepSummary summary, SummariseSweep(folders[0], flags.by()));
  return DrawSweep(summary, {folders[0], flags.title(), {flags.width(), flags.height()}, flags.format()}, flags.out());
}

// The one file that a picture of one problem is drawn from.
absl::Status CheckOneFile(const char* kind, const Words& files) {
  if (files.size() == 1 && files[0] != "-") return absl::OkStatus();
  return UsageError(absl::StrCat("plot ", kind, " draws one file of predict; found ",
                                 files.size() == 1 ? "none" : absl::StrCat(files.size(), " files")));
}

absl::Status Attention(const Words& files, const PlotFlags& flags) {
  TALLY_RETURN_IF_ERROR(CheckOneFile("attention", files));
  TALLY_ASSIGN_OR_RETURN(const TokenTensor attention, ReadAttention(files[0]));
  return DrawAttention(attention, flags.title(), SizeOf(flags, {0, 0}), flags.out());
}

absl::Status HiddenStates(const Words& files, const PlotFlags& flags) {
  TALLY_RETURN_IF_ERROR(CheckOneFile("hidden_states", files));
  TALLY_ASSIGN_OR_RETURN(const TokenTensor states, ReadHiddenStates(files[0]));
  return DrawHiddenStates(states, flags.title(), SizeOf(flags, {1000, 700}), flags.out());
}

absl::Status Report(const Words& words, const PlotFlags& flags) {
  if (words[0] == "-") return UsageError("plot report needs the folder of a run");
  return WriteReport(words, {flags.title(), flags.out(), flags.refresh()});
}

struct Kind {
  const char* name;
  absl::Status (*draw)(const Words& words, const PlotFlags& flags);
  Words flags;  // beside those that every kind takes
};

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      {"heatmap", Heatmap, {"first_element", "task"}},
      {"sort", Sort, {"first_element", "task"}},
      {"lengths", Lengths, {"cells", "log", "first_element", "panels", "task"}},
      {"thinking", Thinking, {"task"}},
      {"errors", Errors, {"task"}},
      {"training", Training, {"seconds"}},
      {"histograms", DataHistograms, {}},
      {"trace", OneTrace, {}},
      {"attention", Attention, {}},
      {"hidden_states", HiddenStates, {}},
      {"table", Table, {"format", "task"}},
      {"sweep", Sweep, {"by", "format"}},
      {"report", Report, {"refresh"}},
  };
  return *kinds;
}

absl::Status CheckFlags(const Kind& kind, const PlotFlags& flags) {
  for (const std::string& flag : GivenFlags(flags, {"out", "title", "width", "height"})) {
    if (std::find(kind.flags.begin(), kind.flags.end(), flag) != kind.flags.end()) continue;
    Words others;
    for (const Kind& other : Kinds()) {
      if (std::find(other.flags.begin(), other.flags.end(), flag) != other.flags.end()) others.push_back(other.name);
    }
    return UsageError(
        absl::StrCat("--", flag, " is for plot ", absl::StrJoin(others, ", "), ", not for plot ", kind.name));
  }
  const bool is_picture = absl::EndsWith(flags.out(), ".png") || absl::EndsWith(flags.out(), ".svg");
  if (is_picture || (flags.width() == 0 && flags.height() == 0)) return absl::OkStatus();
  return UsageError(absl::StrCat("--width and --height are of pictures; found --out=", flags.out(),
                                 ", expected a name that ends in .png or .svg"));
}

// A missing file in place of a kind was perhaps meant to be one.
absl::Status WithKindHint(absl::Status status, const std::string& word) {
  if (ExitCodeOf(status) != kExitMissingInput) return status;
  return MissingInputError(absl::StrCat(status.message(), DidYouMean(word, PlotKinds())));
}

}  // namespace

std::vector<std::string> PlotKinds() {
  Words names;
  for (const Kind& kind : Kinds()) names.push_back(kind.name);
  return names;
}

absl::Status RunPlot(const std::vector<std::string>& words, const PlotFlags& flags) {
  const auto named = std::find_if(Kinds().begin(), Kinds().end(),
                                  [&](const Kind& kind) { return !words.empty() && kind.name == words[0]; });
  const bool guessed = named == Kinds().end();
  const Kind& kind = guessed ? Kinds().front() : *named;
  Words inputs(words.begin() + (guessed ? 0 : 1), words.end());
  if (inputs.empty()) inputs.push_back("-");
  TALLY_RETURN_IF_ERROR(CheckFlags(kind, flags));
  Words files = inputs;
  for (const std::string& input : inputs) files.push_back(input.substr(input.find('=') + 1));  // LABEL=FILE
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--out", flags.out(), files));
  const absl::Status status = kind.draw(inputs, flags);
  return guessed ? WithKindHint(status, inputs[0]) : status;
}

}  // namespace tally
