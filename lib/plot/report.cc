#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/plot/html_page.h"
#include "lib/plot/plot.h"
#include "lib/plot/repeat_commands.h"
#include "lib/plot/table.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

constexpr size_t kMostHeatmaps = 8;
constexpr size_t kWorstCells = 10;
constexpr PictureSize kCurves = {1000, 750}, kGrid = {900, 800}, kLines = {900, 600};

absl::Status AddChart(const Chart& chart, const PictureSize& size, HtmlPage* page) {
  return page->Picture([&] { return ChartScript(chart, size, "svg"); }, [&] { return ChartText(chart); });
}

// The tensors of the newest checkpoint.
absl::Status AddParameters(const std::string& run, HtmlPage* page) {
  page->Heading("Parameters");
  const std::filesystem::path folder = std::filesystem::path(run) / "checkpoints" / "latest";
  std::error_code error;
  if (!std::filesystem::exists(folder / "model.safetensors", error)) {
    page->Paragraph("No checkpoint was saved yet.");
    return absl::OkStatus();
  }
  TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open((folder / "model.safetensors").string()));
  TextTable table;
  table.header = {"tensor", "shape", "numbers"};
  int64_t all = 0;
  for (const auto& [name, tensor] : file->tensors()) {
    int64_t count = 1;
    for (const int64_t size : tensor.shape) count *= size;
    all += count;
    table.rows.push_back({name, absl::StrJoin(tensor.shape, " x "), absl::StrCat(count)});
  }
  const std::filesystem::path target = std::filesystem::read_symlink(folder, error);
  page->Paragraph(absl::StrCat(all, " numbers in ", table.rows.size(),
                               " tensors; newest checkpoint: ", error ? "latest" : target.filename().string(), "."));
  page->Table(table);
  return absl::OkStatus();
}

absl::Status AddTraining(const std::string& run, HtmlPage* page) {
  page->Heading("Training");
  std::error_code error;
  const std::filesystem::path file = std::filesystem::path(run) / "metrics.jsonl";
  if (!std::filesystem::exists(file, error) || std::filesystem::file_size(file, error) == 0) {
    page->Paragraph("No step was logged yet.");
    return absl::OkStatus();
  }
  // With a label, so that no part of the path is taken for one.
  TALLY_ASSIGN_OR_RETURN(const Chart chart,
                         TrainingChart({absl::StrCat("run=", file.string())}, /*over_seconds=*/false, "training"));
  return AddChart(chart, kCurves, page);
}

// Cells of a grid, not of given problems, that `wanted` holds for.
template <typename Wanted>
int64_t CountCells(const EvaluatedRun& run, Wanted wanted) {
  return std::count_if(run.cells.begin(), run.cells.end(),
                       [&](const Cell& cell) { return cell.problems.empty() && wanted(cell); });
}

bool IsGrid(const EvaluatedRun& run) {
  std::set<int64_t> firsts, seconds;
  for (const Cell& cell : run.cells) {
    if (!cell.problems.empty()) continue;
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
    named.push_back(absl::StrCat(file.label.empty() ? stem : file.label, "=", file.path));
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
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> runs, ReadRuns(files, /*over_recurrences=*/false));
  TALLY_ASSIGN_OR_RETURN(const std::vector<EvaluatedRun> over_recurrences, ReadRuns(files, /*over_recurrences=*/true));
  page->Paragraph("Shares of all samples with their 95 % Wilson intervals.");
  page->Table(ComparisonTable(runs, /*for_programs=*/false));
  TALLY_RETURN_IF_ERROR(AddPictures(over_recurrences, page));
  std::vector<Cell> cells;
  for (const EvaluatedRun& run : runs) cells.insert(cells.end(), run.cells.begin(), run.cells.end());
  page->Heading("Worst cells");
  page->Table(WorstCells(cells, kWorstCells));
  absl::StrAppend(commands, EvaluationCommands(cells));
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteReport(const std::string& run, const std::vector<std::string>& cells, const std::string& title,
                         const std::string& out) {
  if (out != "-" && !absl::EndsWith(out, ".html")) {
    return UsageError(absl::StrCat("--out=", out, ": expected a name ending in .html, or - for text"));
  }
  TALLY_ASSIGN_OR_RETURN(const std::string config, ReadFile(absl::StrCat(run, "/config.textproto")));
  HtmlPage page(title.empty() ? absl::StrCat("Run ", run) : title, out != "-");
  std::string commands = TrainingCommand(run);
  TALLY_RETURN_IF_ERROR(AddTraining(run, &page));
  TALLY_RETURN_IF_ERROR(AddEvaluations(cells, &commands, &page));
  absl::StrAppend(&commands, ReportCommand(run, cells, out));
  page.Heading("To do it again");
  page.Preformatted(commands);
  TALLY_RETURN_IF_ERROR(AddParameters(run, &page));
  page.Heading("Configuration");
  page.Preformatted(config);
  TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
  TALLY_RETURN_IF_ERROR(stream->Write(std::move(page).Finish()));
  return stream->Commit();
}

}  // namespace tally
