#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/folder.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/plot/html_page.h"
#include "lib/plot/plot.h"
#include "lib/plot/repeat_commands.h"
#include "lib/plot/report/run_facts.h"
#include "lib/plot/table.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

constexpr size_t kMostHeatmaps = 8;
constexpr size_t kWorstCells = 10;
constexpr int64_t kMostWrong = 20;
constexpr PictureSize kCurves = {1000, 750}, kGrid = {900, 800}, kLines = {900, 600};

absl::Status AddChart(const Chart& chart, const PictureSize& size, HtmlPage* page) {
  return page->Picture([&] { return ChartScript(chart, size, "svg"); }, [&] { return ChartText(chart); });
}

// `name` as a label: SplitLabel ends one at the first / or =.
std::string LabelOf(absl::string_view name) { return absl::StrReplaceAll(name, {{"/", "-"}, {"=", "-"}}); }

// The tensors of the newest checkpoint of each run.
absl::Status AddParameters(const std::vector<ReportedRun>& runs, HtmlPage* page) {
  for (const ReportedRun& run : runs) {
    page->Heading(runs.size() == 1 ? "Parameters" : absl::StrCat("Parameters of ", run.label));
    const std::filesystem::path folder = std::filesystem::path(run.path) / "checkpoints" / "latest";
    TALLY_ASSIGN_OR_RETURN(const bool saved, CheckExists(folder / "model.safetensors"));
    if (!saved) {
      page->Paragraph("No checkpoint was saved yet.");
      continue;
    }
    TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open((folder / "model.safetensors").string()));
    TextTable table;
    table.header = {"tensor", "shape", "numbers"};
    int64_t all = 0;
    for (const auto& [name, tensor] : file->tensors()) {
      all += tensor.elements();
      table.rows.push_back({name, absl::StrJoin(tensor.shape, " x "), absl::StrCat(tensor.elements())});
    }
    TALLY_ASSIGN_OR_RETURN(const std::string target, LinkTarget(folder));
    const std::string newest = std::filesystem::path(target.empty() ? folder.string() : target).filename().string();
    page->Paragraph(absl::StrCat(all, " numbers in ", table.rows.size(), " tensors; newest checkpoint: ", newest, "."));
    page->Table(table);
  }
  return absl::OkStatus();
}

// Curves, and what they have come to.
absl::Status AddTraining(const std::vector<ReportedRun>& runs, HtmlPage* page) {
  page->Heading("Training");
  std::vector<std::string> words;
  for (const ReportedRun& run : runs) {
    const std::string file = (std::filesystem::path(run.path) / "metrics.jsonl").string();
    TALLY_ASSIGN_OR_RETURN(const std::string logged, ReadIfThere(file));
    // With a label, so that no part of the path is taken for one.
    if (absl::StrContains(logged, '\n'))
      words.push_back(absl::StrCat(runs.size() == 1 ? "run" : LabelOf(run.label), "=", file));
    if (IsTraining(run.path)) page->Paragraph(absl::StrCat("Training of ", run.label, " goes on."));
  }
  if (words.empty()) {
    page->Paragraph("No step was logged yet.");
    return absl::OkStatus();
  }
  TALLY_ASSIGN_OR_RETURN(const Chart chart, TrainingChart(words, /*over_seconds=*/false, "training"));
  TALLY_RETURN_IF_ERROR(AddChart(chart, kCurves, page));
  page->Heading("Newest measures, time and memory");
  TALLY_ASSIGN_OR_RETURN(const TextTable measures, NewestMeasures(runs));
  page->Table(measures);
  return absl::OkStatus();
}

absl::Status AddMachines(const std::vector<ReportedRun>& runs, HtmlPage* page) {
  TALLY_ASSIGN_OR_RETURN(const TextTable machines, Machines(runs));
  if (machines.rows.empty()) return absl::OkStatus();
  page->Heading("Machine");
  page->Table(machines);
  return absl::OkStatus();
}

void AddData(const std::vector<ReportedRun>& runs, HtmlPage* page) {
  page->Heading("Data");
  const TextTable table = DataSets(runs);
  if (table.rows.empty()) return page->Paragraph("The configuration names no data set.");
  page->Table(table);
}

void AddConfiguration(const std::vector<ReportedRun>& runs, HtmlPage* page) {
  if (runs.size() > 1) {
    page->Heading("Differences of configuration");
    const TextTable table = ConfigDifferences(runs);
    if (table.rows.empty()) page->Paragraph("There are none.");
    if (!table.rows.empty()) page->Table(table);
  }
  for (const ReportedRun& run : runs) {
    page->Heading(runs.size() == 1 ? "Configuration" : absl::StrCat("Configuration of ", run.label));
    page->Preformatted(run.config);
  }
}

absl::Status AddWrongAnswers(const std::vector<std::string>& files, HtmlPage* page) {
  for (const std::string& file : files) {
    const Labelled labelled = SplitLabel(file);
    TALLY_ASSIGN_OR_RETURN(const WrongAnswers wrong, ReadWrongAnswers(labelled.path, kMostWrong));
    page->Heading(absl::StrCat("Wrong answers: ", labelled.label.empty() ? labelled.path : labelled.label));
    page->Paragraph(absl::StrCat(wrong.all, " in all; the first ", wrong.table.rows.size(), ":"));
    page->Table(wrong.table);
  }
  return absl::OkStatus();
}

// Where answers are wrong, of the runs whose cells say.
absl::Status AddErrors(const std::vector<EvaluatedRun>& runs, HtmlPage* page) {
  std::vector<EvaluatedRun> counted;
  for (const EvaluatedRun& run : runs) {
    const bool all = std::none_of(run.cells.begin(), run.cells.end(),
                                  [](const Cell& cell) { return cell.errors.measures().empty(); });
    if (all) counted.push_back(run);
  }
  if (counted.empty()) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(const Chart chart, ErrorsChart(counted, ""));
  return AddChart(chart, {kCurves.width, 100 + 150 * static_cast<int>(chart.panels.size())}, page);
}

// Cells of a grid, not of given problems, that `wanted` holds for.
template <typename Wanted>
int64_t CountCells(const EvaluatedRun& run, Wanted wanted) {
  return std::count_if(run.cells.begin(), run.cells.end(),
                       [&](const Cell& cell) { return cell.has_lengths() && wanted(cell); });
}

bool IsGrid(const EvaluatedRun& run) {
  std::set<int64_t> firsts, seconds;
  for (const Cell& cell : run.cells) {
    if (!cell.has_lengths()) continue;
    firsts.insert(cell.first_digits);
    seconds.insert(cell.operands > 2 ? -cell.operands : cell.second_digits);
  }
  return firsts.size() > 1 && seconds.size() > 1;
}

bool HasSeveralCounts(const EvaluatedRun& run) {
  return std::any_of(run.cells.begin(), run.cells.end(),
                     [&](const Cell& cell) { return cell.recurrences != run.cells[0].recurrences; });
}

// A heatmap of each run that has a grid; lines against length where there are several equal lengths. Runs of several
// recurrence counts have lines against those instead.
absl::Status AddPictures(const std::vector<EvaluatedRun>& over_recurrences, HtmlPage* page) {
  std::vector<EvaluatedRun> runs, thinkers;
  for (const EvaluatedRun& run : over_recurrences) (HasSeveralCounts(run) ? thinkers : runs).push_back(run);
  size_t drawn = 0;
  for (const EvaluatedRun& run : runs) {
    if (!IsGrid(run) || ++drawn > kMostHeatmaps) continue;
    HeatmapOptions options;
    options.size = kGrid;
    options.title = absl::StrFormat("%s: exact answers, %s, step %d", run.label, run.cells[0].model, run.cells[0].step);
    TALLY_RETURN_IF_ERROR(HeatmapScript(run.cells, options, "svg").status());
    TALLY_RETURN_IF_ERROR(page->Picture([&] { return *HeatmapScript(run.cells, options, "svg"); },
                                        [&] { return *HeatmapText(run.cells); }));
  }
  if (drawn > kMostHeatmaps) page->Paragraph(absl::StrCat(drawn - kMostHeatmaps, " more grids are not drawn."));
  if (std::any_of(runs.begin(), runs.end(), [](const EvaluatedRun& run) {
        return CountCells(run, [](const Cell& cell) { return cell.first_digits == cell.second_digits; }) > 1;
      })) {
    TALLY_ASSIGN_OR_RETURN(const Chart chart, LengthsChart(runs, {}));
    TALLY_RETURN_IF_ERROR(AddChart(chart, kLines, page));
  }
  if (thinkers.empty()) return absl::OkStatus();
  TALLY_ASSIGN_OR_RETURN(const Chart thinking, ThinkingChart(thinkers, ""));
  return AddChart(thinking, kLines, page);
}

// Each file under its own name: those of one run may have cells in common.
std::vector<std::string> Named(const std::vector<std::string>& words) {
  std::vector<std::string> named;
  for (const std::string& word : words) {
    const Labelled file = SplitLabel(word);
    const std::string stem = std::filesystem::path(file.path).stem().string();
    named.push_back(absl::StrCat(file.label.empty() ? LabelOf(stem) : file.label, "=", file.path));
  }
  return named;
}

absl::Status AddEvaluations(const std::vector<std::string>& words, std::string* commands, HtmlPage* page) {
  const std::vector<std::string> files = Named(words);
  page->Heading("Exact answers");
  if (files.empty()) {
    page->Paragraph("No evaluation was given.");
    return absl::OkStatus();
  }
  TALLY_ASSIGN_OR_RETURN(const std::vector<LabelledCell> labelled, ReadLabelledCells(files));
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> runs, RunsOf(labelled, /*over_recurrences=*/false));
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> over_recurrences, RunsOf(labelled, /*over_recurrences=*/true));
  page->Paragraph("Shares of all samples with their 95 % Wilson intervals.");
  page->Table(ComparisonTable(runs, /*for_programs=*/false));
  TALLY_RETURN_IF_ERROR(AddPictures(over_recurrences, page));
  std::vector<Cell> cells;
  for (const EvaluatedRun& run : runs) cells.insert(cells.end(), run.cells.begin(), run.cells.end());
  page->Heading("Worst cells");
  page->Table(WorstCells(over_recurrences, kWorstCells));
  TALLY_RETURN_IF_ERROR(AddErrors(runs, page));
  TALLY_ASSIGN_OR_RETURN(const std::string repeat, EvaluationCommands(cells));
  absl::StrAppend(commands, repeat);
  return absl::OkStatus();
}

// The words of a report by what they name.
struct ReportWords {
  std::vector<std::string> runs, cells, wrong_answers;
};

ReportWords Sorted(const std::vector<std::string>& words) {
  ReportWords sorted;
  for (const std::string& word : words) {
    const std::string path = SplitLabel(word).path;
    std::error_code error;
    if (sorted.runs.empty() || std::filesystem::is_directory(path, error)) {
      sorted.runs.push_back(word);
    } else {
      (HoldsWrongAnswers(path) ? sorted.wrong_answers : sorted.cells).push_back(word);
    }
  }
  return sorted;
}

std::string TitleOf(const std::vector<ReportedRun>& runs) {
  if (runs.size() == 1) return absl::StrCat("Run ", runs[0].label);
  return absl::StrCat("Runs ", absl::StrJoin(runs, ", ", [](std::string* out, const ReportedRun& run) {
                        absl::StrAppend(out, run.label);
                      }));
}

// Writes the page once; a browser loads it again after `refresh` seconds.
absl::Status WritePage(const std::vector<std::string>& words, const ReportOptions& options, int refresh) {
  const ReportWords sorted = Sorted(words);
  TALLY_ASSIGN_OR_RETURN(const std::vector<ReportedRun> runs, ReadReportedRuns(sorted.runs));
  HtmlPage page(options.title.empty() ? TitleOf(runs) : options.title, options.out != "-", refresh);
  std::string commands;
  for (const ReportedRun& run : runs) {
    TALLY_ASSIGN_OR_RETURN(const std::string overrides, ReadIfThere(run.path + "/overrides.txt"));
    absl::StrAppend(&commands, TrainingCommand(run.path, overrides));
  }
  TALLY_RETURN_IF_ERROR(AddTraining(runs, &page));
  TALLY_RETURN_IF_ERROR(AddEvaluations(sorted.cells, &commands, &page));
  TALLY_RETURN_IF_ERROR(AddWrongAnswers(sorted.wrong_answers, &page));
  absl::StrAppend(&commands, ReportCommand(words[0], {words.begin() + 1, words.end()}, options.out));
  page.Heading("To do it again");
  page.Preformatted(commands);
  TALLY_RETURN_IF_ERROR(AddMachines(runs, &page));
  AddData(runs, &page);
  TALLY_RETURN_IF_ERROR(AddParameters(runs, &page));
  AddConfiguration(runs, &page);
  return WriteText(options.out, std::move(page).Finish());
}

bool AnyIsTraining(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return IsTraining(SplitLabel(word).path); });
}

}  // namespace

absl::Status WriteReport(const std::vector<std::string>& words, const ReportOptions& options) {
  if (options.out != "-" && !absl::EndsWith(options.out, ".html")) {
    return UsageError(absl::StrCat("--out=", options.out, ": expected a name ending in .html, or - for text"));
  }
  if (options.refresh > 0 && options.out == "-") {
    return UsageError("--refresh writes a page again and again; expected --out=NAME.html with it");
  }
  // The last page, which no browser loads again, is written after training has ended.
  while (options.refresh > 0 && AnyIsTraining(words)) {
    TALLY_RETURN_IF_ERROR(WritePage(words, options, options.refresh));
    absl::SleepFor(absl::Seconds(options.refresh));
  }
  return WritePage(words, options, /*refresh=*/0);
}

}  // namespace tally
