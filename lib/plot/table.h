// Comparison tables: a row a run, a column a group of cells.
#ifndef TALLY_LIB_PLOT_TABLE_H_
#define TALLY_LIB_PLOT_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/plot/runs.h"

namespace tally {

// Cells of text: a header, then rows of as many columns.
struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

// Exact match of each run in percent, with its 95 % Wilson interval over all samples and how many these are: in
// distribution, out of it in one operand, in both, and where an operand has 100 digits or more; a column more for each
// file of given problems. A group that no run has cells of has no column; "-" where this run has none. `for_programs`:
// share, ends of the interval, and samples in columns of their own, empty where there are none.
TextTable ComparisonTable(const std::vector<EvaluatedRun>& runs, bool for_programs);

// The cells with the lowest exact match, at most `count`, the worst first: the first rows of a table of all cells. Of
// several runs a first column says which.
TextTable WorstCells(const std::vector<EvaluatedRun>& runs, size_t count);

enum class TableFormat { kMarkdown, kCsv, kLatex };

// "markdown", "csv", "latex"; "" for what the ending of `path` says (.md, .csv, .tex; "-": Markdown). UsageError
// otherwise.
absl::StatusOr<TableFormat> ParseTableFormat(absl::string_view name, absl::string_view path);

// `table` in the format, its text escaped as it asks (CSV: RFC 4180; LaTeX: a tabular environment).
std::string FormatTable(const TextTable& table, TableFormat format);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_TABLE_H_
