#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/plot/html_page.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

constexpr size_t kMostRows = 40;  // of a picture
constexpr int kRowPixels = 26, kMarginPixels = 170;

// The last part of a field's path, where that tells it from the other fields.
std::string ShortName(const std::string& field, const SweepSetting& setting) {
  const auto last = [](const std::string& path) { return path.substr(path.rfind('.') + 1); };
  const auto same = std::count_if(setting.values.begin(), setting.values.end(),
                                  [&](const auto& value) { return last(value.first) == last(field); });
  return same > 1 ? field : last(field);
}

std::string SettingName(const SweepSetting& setting) {
  std::vector<std::string> parts;
  for (const auto& [field, value] : setting.values)
    parts.push_back(absl::StrCat(ShortName(field, setting), "=", value));
  return parts.empty() ? "all runs" : absl::StrJoin(parts, ", ");
}

// In percent where it is a share.
double Shown(const std::string& measure, double value) { return IsShare(measure) ? 100 * value : value; }

std::string Heading(const std::string& measure) {
  if (measure == kCellsMeasure) return "exact, cells, %";
  return IsShare(measure) ? absl::StrCat(measure, ", %") : measure;
}

std::string NumberText(const std::string& measure, double value) {
  return IsShare(measure) ? absl::StrFormat("%.1f", 100 * value) : absl::StrFormat("%.4g", value);
}

// Runs of the setting that have logged a step.
size_t Started(const SweepSetting& setting) {
  const auto found = setting.measures.find("seconds");
  return found == setting.measures.end() ? 0 : found->second.values.size();
}

// "98.5 (97.0..99.1), of 2", the range only where runs differ, their number only where some lack the measure; or mean,
// low and high.
std::vector<std::string> Entries(const SweepSetting& setting, const std::string& measure, bool for_programs) {
  const auto found = setting.measures.find(measure);
  if (found == setting.measures.end()) {
    return for_programs ? std::vector<std::string>(3) : std::vector<std::string>{"-"};
  }
  const OverSeeds& over = found->second;
  if (for_programs) {
    return {absl::StrFormat("%.6g", over.mean()), absl::StrFormat("%.6g", over.low()),
            absl::StrFormat("%.6g", over.high())};
  }
  const auto text = [&](double value) { return NumberText(measure, value); };
  const bool differ = text(over.low()) != text(over.high());
  const std::string range = differ ? absl::StrCat(" (", text(over.low()), "..", text(over.high()), ")") : "";
  const std::string count = over.values.size() == Started(setting) ? "" : absl::StrCat(", of ", over.values.size());
  return {absl::StrCat(text(over.mean()), range, count)};
}

// What the table shows: the measure that ranks, the usual ones that a run has, and the cost.
std::vector<std::string> MeasuresOf(const SweepSummary& summary) {
  std::vector<std::string> measures = {summary.by};
  for (const char* usual : {kCellsMeasure, "validation_exact", "exact", "loss", "step", "seconds"}) {
    const bool known = std::any_of(summary.settings.begin(), summary.settings.end(),
                                   [&](const SweepSetting& setting) { return setting.measures.count(usual) > 0; });
    if (known && usual != summary.by) measures.push_back(usual);
  }
  return measures;
}

std::string RunsText(const SweepSetting& setting) {
  const size_t started = Started(setting);
  return absl::StrCat(started, started == static_cast<size_t>(setting.runs) ? "" : absl::StrCat(" of ", setting.runs));
}

std::string CostText(const SweepSummary& summary) {
  return absl::StrFormat("%d of %d runs have logged a step; %.0f seconds of training in all. Best first, by %s.",
                         summary.started, summary.runs, summary.seconds,
                         summary.by == kCellsMeasure ? "the exact answers in cells.jsonl" : summary.by);
}

// A row a setting, from the best at the top: its runs as points, their mean and range.
std::string Script(const SweepSummary& summary, const std::string& title, const PictureSize& size,
                   absl::string_view format) {
  std::string means, points;
  std::vector<std::string> names;
  for (size_t row = 0; row < std::min(summary.settings.size(), kMostRows); ++row) {
    const SweepSetting& setting = summary.settings[row];
    names.push_back(absl::StrCat(Quoted(SettingName(setting)), " ", row));
    const auto found = setting.measures.find(summary.by);
    if (found == setting.measures.end()) continue;
    const auto shown = [&](double value) { return Shown(summary.by, value); };
    absl::StrAppendFormat(&means, "%.9g %d %.9g %.9g\n", shown(found->second.mean()), row, shown(found->second.low()),
                          shown(found->second.high()));
    for (const double value : found->second.values) absl::StrAppendFormat(&points, "%.9g %d\n", shown(value), row);
  }
  return absl::StrCat(
      TerminalLine(format, size), TitleLine(title, size), "$means << EOD\n", means, "EOD\n$points << EOD\n", points,
      "EOD\nset yrange [", names.size(), " - 0.4:-0.6]\nset ytics noenhanced (", absl::StrJoin(names, ", "),
      ")\nset xlabel ", Quoted(Heading(summary.by)),
      " noenhanced\nset grid xtics lc rgb '#dddddd'\nset border 3\n"
      "set key tmargin right horizontal\n",
      "set tics nomirror\n",
      IsShare(summary.by) ? "set xrange [-1:101]\n" : "set offsets graph 0.05, graph 0.05, 0, 0\n",
      "plot $means using 1:2:3:4 with xerrorbars lw 2 pt 7 ps 1.2 lc rgb '#0072b2' title 'mean and range', "
      "$points using 1:2 with points pt 6 ps 0.9 lc rgb '#d55e00' title 'runs'\n");
}

PictureSize UsualSize(const SweepSummary& summary) {
  const size_t rows = std::min(summary.settings.size(), kMostRows);
  return {900, kMarginPixels + kRowPixels * static_cast<int>(rows)};
}

absl::Status WritePage(const SweepSummary& summary, const std::string& title, const std::string& out) {
  HtmlPage page(title, /*html=*/true);
  page.Paragraph(CostText(summary));
  page.Table(SweepTable(summary, /*for_programs=*/false));
  TALLY_RETURN_IF_ERROR(
      page.Picture([&] { return Script(summary, "", UsualSize(summary), "svg"); }, [] { return ""; }));
  return WriteText(out, std::move(page).Finish());
}

}  // namespace

TextTable SweepTable(const SweepSummary& summary, bool for_programs) {
  TextTable table;
  const SweepSetting& first = summary.settings.front();
  for (const auto& [field, value] : first.values) table.header.push_back(ShortName(field, first));
  table.header.push_back("runs");
  const std::vector<std::string> measures = MeasuresOf(summary);
  for (const std::string& measure : measures) {
    if (!for_programs) table.header.push_back(Heading(measure));
    for (const char* part : {"", ": low", ": high"}) {
      if (for_programs) table.header.push_back(absl::StrCat(measure, part));
    }
  }
  for (const SweepSetting& setting : summary.settings) {
    std::vector<std::string>& row = table.rows.emplace_back();
    for (const auto& [field, value] : setting.values) row.push_back(value);
    row.push_back(RunsText(setting));
    for (const std::string& measure : measures) {
      for (std::string& entry : Entries(setting, measure, for_programs)) row.push_back(std::move(entry));
    }
  }
  return table;
}

absl::Status DrawSweep(const SweepSummary& summary, const SweepOptions& options, const std::string& out) {
  const std::string title = options.title.empty() ? absl::StrCat("Sweep ", options.folder) : options.title;
  if (absl::EndsWith(out, ".html")) return WritePage(summary, title, out);
  if (absl::EndsWith(out, ".png") || absl::EndsWith(out, ".svg")) {
    const PictureSize usual = UsualSize(summary), size = {options.size.width > 0 ? options.size.width : usual.width,
                                                          options.size.height > 0 ? options.size.height : usual.height};
    return DrawPicture(
        out, size, [&](absl::string_view format) { return Script(summary, title, size, format); }, [] { return ""; });
  }
  const absl::StatusOr<TableFormat> format = ParseTableFormat(options.format, out);
  if (!format.ok()) {
    return UsageError(absl::StrCat(format.status().message(), "; or a picture, .png or .svg, or a page, .html"));
  }
  std::string text = FormatTable(SweepTable(summary, /*for_programs=*/*format == TableFormat::kCsv), *format);
  if (*format == TableFormat::kMarkdown) absl::StrAppend(&text, "\n", CostText(summary), "\n");
  return WriteText(out, text);
}

}  // namespace tally
