#include "lib/results/export_results.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/results/cell.h"
#include "lib/results/reference_grid.h"
#include "lib/results/reference_results.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

namespace fs = std::filesystem;

using CellsByLengths = std::map<std::pair<int64_t, int64_t>, Cell>;

// What all cells of a grid have in common.
std::string CommonOf(const Cell& cell) {
  return absl::StrCat(cell.task, ", ", cell.problems, cell.problems.empty() ? "" : ", ", cell.model, ", step ",
                      cell.step, ", ", Counted(cell.recurrences, "recurrence"));
}

absl::Status Add(const Cell& cell, CellsByLengths* cells) {
  if (!cell.has_lengths() || cell.operands > 2) {
    return BadInputError(absl::StrCat("found ", CellName(cell), ", expected cells of two lengths"));
  }
  const Cell& first = cells->empty() ? cell : cells->begin()->second;
  if (CommonOf(first) != CommonOf(cell)) {
    return BadInputError(absl::StrCat("found cells of ", CommonOf(cell), ", expected ", CommonOf(first), " as before"));
  }
  if (cells->emplace(std::make_pair(cell.first_digits, cell.second_digits), cell).second) return absl::OkStatus();
  return BadInputError(absl::StrCat("found two cells of ", CellName(cell), ", expected one"));
}

std::string MatrixCsv(const CellsByLengths& cells) {
  std::set<int64_t> firsts, seconds;
  for (const auto& [lengths, cell] : cells) {
    firsts.insert(lengths.first);
    seconds.insert(lengths.second);
  }
  std::string text = absl::StrCat("first_digits,", absl::StrJoin(seconds, ","), "\n");
  for (const int64_t first : firsts) {
    absl::StrAppend(&text, first);
    for (const int64_t second : seconds) {
      const auto found = cells.find({first, second});
      absl::StrAppend(&text, ",", found == cells.end() ? "" : absl::StrFormat("%.6g", found->second.exact_fraction()));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

absl::StatusOr<std::string> ReferenceGridText(const CellsByLengths& cells, const std::string& out) {
  const std::string name = fs::path(out).filename().string();
  const absl::StatusOr<ReferenceGrid> reference = ReferenceGridOf(name, ReferenceRowsOf(cells.begin()->second.task));
  if (!reference.ok()) return UsageError(absl::StrCat("--out=", out, ": ", reference.status().message()));
  const auto size = static_cast<size_t>(reference->grid.rows.back());
  std::map<int64_t, double> by_length;
  ReferenceNumbers numbers = {std::vector<std::vector<double>>(size, std::vector<double>(size)), 0, 0};
  for (const GridCell& c : reference->cells) {
    const auto found = cells.find({c.first, c.second});
    if (found == cells.end()) {
      return BadInputError(absl::StrCat("found no cell of ", c.first, " x ", c.second, ", which ", name, " has"));
    }
    const double share = found->second.exact_fraction();
    if (reference->is_by_length) {
      by_length[c.first] = share;
      continue;
    }
    numbers.rows[c.first - 1][c.second - 1] = reference->is_sorting ? 100 * share : share;
    numbers.last_first = c.first;
    numbers.last_second = c.second;
  }
  return reference->is_by_length ? ReferenceLengthsJson(by_length) : ReferenceGridJson(numbers, reference->is_piece);
}

absl::Status WritePercent(const std::string& file, int64_t part, const Cell& cell) {
  const double percent = cell.samples == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(cell.samples);
  return WriteFile(file, nlohmann::json(percent).dump());
}

absl::Status WriteFolder(const CellsByLengths& cells, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return CannotCreateError(absl::StrCat(folder, ": cannot be created: ", error.message()));
  for (const auto& [lengths, cell] : cells) {
    const std::string name = absl::StrCat("acc_for_", lengths.first, "_", lengths.second, ".txt");
    TALLY_RETURN_IF_ERROR(WritePercent(absl::StrCat(folder, name), cell.exact, cell));
    const bool has_first = GridOfTask(cell.task).first_element && cell.first_exact >= 0;
    if (has_first) TALLY_RETURN_IF_ERROR(WritePercent(absl::StrCat(folder, "top_1_", name), cell.first_exact, cell));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ExportResults(const std::vector<std::string>& files, const std::string& out) {
  const bool is_matrix = absl::EndsWith(out, ".csv"), is_grid = absl::EndsWith(out, ".json");
  if (!is_matrix && !is_grid && !absl::EndsWith(out, "/")) {
    return UsageError(
        absl::StrCat("--out=", out, "; expected NAME.csv, accs_grid_quick*.json, over_100_*.json or FOLDER/"));
  }
  if (files.empty()) return UsageError("found no file, expected cells");
  CellsByLengths cells;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> more, ReadResults(file));
    for (const Cell& cell : more) {
      const absl::Status added = Add(cell, &cells);
      if (!added.ok()) return absl::Status(added.code(), absl::StrCat(InputName(file), ": ", added.message()));
    }
  }
  if (!is_matrix && !is_grid) return WriteFolder(cells, out);
  if (is_matrix) return WriteFile(out, MatrixCsv(cells));
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReferenceGridText(cells, out));
  return WriteFile(out, text);
}

}  // namespace tally
