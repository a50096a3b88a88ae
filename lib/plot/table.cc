#include "lib/plot/table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/results/summary.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

constexpr int64_t kLong = 100;  // digits

// A column: the heading and which cells it sums up.
struct Column {
  std::string name;
  bool (*has)(const Cell& cell);
};

bool OfGroup(const Cell& cell, CellGroup group) { return cell.has_lengths() && GroupOf(cell) == group; }

// For cells of tasks with these lengths.
std::vector<Column> GridColumns(const TaskGrid& task) {
  const auto in = [](const Cell& c) { return OfGroup(c, CellGroup::kInDistribution); };
  const auto one = [](const Cell& c) { return OfGroup(c, CellGroup::kOutInOne); };
  const auto both = [](const Cell& c) { return OfGroup(c, CellGroup::kOutInBoth); };
  const auto unknown = [](const Cell& c) { return OfGroup(c, CellGroup::kUnknown); };
  const auto far = [](const Cell& c) { return c.has_lengths() && std::max(c.first_digits, c.second_digits) >= kLong; };
  return {{"in distribution", in},
          {absl::StrCat("longer in one ", task.side), one},
          {task.one_length ? "longer" : "longer in both", both},
          {"all cells", unknown},
          {absl::StrCat("100 ", task.length_unit, " or more"), far}};
}

// The totals as cells of a row: "98.50 (97.21..99.20), n = 800", or four of them.
std::vector<std::string> Entries(const Totals& totals, bool for_programs) {
  if (totals.samples == 0) return for_programs ? std::vector<std::string>(4) : std::vector<std::string>{"-"};
  const Interval interval = WilsonInterval(totals.exact, totals.samples);
  const double share = static_cast<double>(totals.exact) / static_cast<double>(totals.samples);
  if (for_programs) {
    return {absl::StrFormat("%.6g", share), absl::StrFormat("%.6g", interval.low),
            absl::StrFormat("%.6g", interval.high), absl::StrCat(totals.samples)};
  }
  return {absl::StrFormat("%.2f (%.2f..%.2f), n = %d", 100 * share, 100 * interval.low, 100 * interval.high,
                          totals.samples)};
}

// Adds a column, or four, with the share of the cells of each run for which `has` is true, if there are any.
template <typename Has>
void AddColumn(const std::string& name, const std::vector<EvaluatedRun>& runs, bool for_programs, Has has,
               TextTable* table) {
  std::vector<Totals> totals(runs.size());
  bool any = false;
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const Cell& cell : runs[i].cells) {
      if (has(cell)) totals[i].Add(cell);
    }
    any = any || totals[i].cells > 0;
  }
  if (!any) return;
  for (const char* part : {"", ": low", ": high", ": samples"}) {
    if (for_programs) table->header.push_back(absl::StrCat(name, part));
  }
  if (!for_programs) table->header.push_back(absl::StrCat(name, ", %"));
  for (size_t i = 0; i < runs.size(); ++i) {
    for (std::string& entry : Entries(totals[i], for_programs)) table->rows[i].push_back(std::move(entry));
  }
}

std::string Row(const std::vector<std::string>& cells, const char* before, const char* between, const char* after) {
  return absl::StrCat(before, absl::StrJoin(cells, between), after);
}

std::vector<std::string> Escaped(std::vector<std::string> cells, TableFormat format) {
  for (std::string& cell : cells) {
    if (format == TableFormat::kMarkdown) {
      cell = absl::StrReplaceAll(cell, {{"|", "\\|"}, {"\n", " "}});
    } else if (format == TableFormat::kLatex) {
      cell = absl::StrReplaceAll(cell, {{"\\", "\\textbackslash{}"},
                                        {"{", "\\{"},
                                        {"}", "\\}"},
                                        {"%", "\\%"},
                                        {"_", "\\_"},
                                        {"&", "\\&"},
                                        {"#", "\\#"},
                                        {"$", "\\$"},
                                        {"~", "\\textasciitilde{}"},
                                        {"^", "\\textasciicircum{}"},
                                        {"..", "--"},
                                        {"\n", " "}});
    } else if (cell.find_first_of(",\"\n\r") != std::string::npos) {
      cell = absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
    }
  }
  return cells;
}

}  // namespace

TextTable ComparisonTable(const std::vector<EvaluatedRun>& runs, bool for_programs) {
  TextTable table;
  table.header = {"run"};
  std::set<std::string> given;  // files of given problems
  std::set<std::string> tasks;
  for (const EvaluatedRun& run : runs) {
    table.rows.push_back({run.label});
    for (const Cell& cell : run.cells) {
      if (!cell.has_lengths()) given.insert(cell.problems);
      tasks.insert(cell.task);
    }
  }
  for (const Column& column : GridColumns(GridOfTask(tasks.size() == 1 ? *tasks.begin() : "")))
    AddColumn(column.name, runs, for_programs, column.has, &table);
  for (const std::string& name : given) {
    AddColumn(
        name, runs, for_programs, [&](const Cell& cell) { return cell.problems == name && !cell.has_lengths(); },
        &table);
  }
  return table;
}

TextTable WorstCells(const std::vector<EvaluatedRun>& runs, size_t count) {
  std::vector<std::pair<const EvaluatedRun*, const Cell*>> sorted;
  for (const EvaluatedRun& run : runs) {
    for (const Cell& cell : run.cells) {
      if (cell.samples > 0) sorted.emplace_back(&run, &cell);
    }
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second->exact_fraction() < b.second->exact_fraction();
  });
  TextTable table;
  table.header = {"cell", "recurrences", "exact", "samples", "%", "95 % interval"};
  if (runs.size() > 1) table.header.insert(table.header.begin(), "run");
  for (size_t i = 0; i < std::min(count, sorted.size()); ++i) {
    const Cell& cell = *sorted[i].second;
    const Interval interval = WilsonInterval(cell.exact, cell.samples);
    table.rows.push_back({CellName(cell), absl::StrCat(cell.recurrences), absl::StrCat(cell.exact),
                          absl::StrCat(cell.samples), absl::StrFormat("%.2f", 100 * cell.exact_fraction()),
                          absl::StrFormat("%.2f..%.2f", 100 * interval.low, 100 * interval.high)});
    if (runs.size() > 1) table.rows.back().insert(table.rows.back().begin(), sorted[i].first->label);
  }
  return table;
}

absl::StatusOr<TableFormat> ParseTableFormat(absl::string_view name, absl::string_view path) {
  if (name.empty()) {
    if (path == "-" || absl::EndsWith(path, ".md")) return TableFormat::kMarkdown;
    if (absl::EndsWith(path, ".csv")) return TableFormat::kCsv;
    if (absl::EndsWith(path, ".tex")) return TableFormat::kLatex;
    return UsageError(absl::StrCat("--out=", path, ": expected a name ending in .md, .csv or .tex, or --format"));
  }
  if (name == "markdown") return TableFormat::kMarkdown;
  if (name == "csv") return TableFormat::kCsv;
  if (name == "latex") return TableFormat::kLatex;
  return UsageError(absl::StrCat("--format=", name, ": expected markdown, csv or latex",
                                 DidYouMean(name, {"markdown", "csv", "latex"})));
}

std::string FormatTable(const TextTable& table, TableFormat format) {
  const bool csv = format == TableFormat::kCsv, latex = format == TableFormat::kLatex;
  const char* const before = csv || latex ? "" : "| ";
  const char* const between = csv ? "," : latex ? " & " : " | ";
  const char* const after = csv ? "\n" : latex ? " \\\\\n" : " |\n";
  std::string out;
  if (latex) absl::StrAppend(&out, "\\begin{tabular}{l", std::string(table.header.size() - 1, 'r'), "}\n\\hline\n");
  absl::StrAppend(&out, Row(Escaped(table.header, format), before, between, after));
  if (latex) absl::StrAppend(&out, "\\hline\n");
  if (format == TableFormat::kMarkdown) {
    absl::StrAppend(&out, "|---|");
    for (size_t i = 1; i < table.header.size(); ++i) absl::StrAppend(&out, "--:|");
    absl::StrAppend(&out, "\n");
  }
  for (const std::vector<std::string>& row : table.rows) {
    absl::StrAppend(&out, Row(Escaped(row, format), before, between, after));
  }
  if (latex) absl::StrAppend(&out, "\\hline\n\\end{tabular}\n");
  return out;
}

}  // namespace tally
