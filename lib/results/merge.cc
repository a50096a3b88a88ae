#include "lib/results/merge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/results/settings.h"

namespace tally {
namespace {

constexpr size_t kNamed = 5;  // cells that a message names

// "1 x 2; 1 x 4; ...", the first few of `names`.
std::string FirstFew(const std::vector<std::string>& names) {
  const auto end = names.begin() + std::min(names.size(), kNamed);
  return absl::StrCat(absl::StrJoin(names.begin(), end, "; "), names.size() > kNamed ? "; ..." : "");
}

// Lines of all shards, each at its place in the whole.
class PlacedLines {
 public:
  // `line`, which is at `where`, FILE:LINE, has the cell `name`.
  void Add(size_t slot, const std::string& name, absl::string_view line, const std::string& where) {
    const auto [entry, is_new] = lines_.try_emplace(slot, std::string(line), where);
    if (!is_new) twice_.push_back(absl::StrCat(name, " (", entry->second.second, " and ", where, ")"));
  }

  bool Has(size_t slot) const { return lines_.count(slot) > 0; }
  int64_t size() const { return static_cast<int64_t>(lines_.size()); }

  // Names of cells that were found twice, with both places.
  const std::vector<std::string>& twice() const { return twice_; }

  absl::Status WriteTo(OutputStream* out) const {
    for (const auto& [slot, line] : lines_) TALLY_RETURN_IF_ERROR(out->Write(absl::StrCat(line.first, "\n")));
    return absl::OkStatus();
  }

 private:
  std::map<size_t, std::pair<std::string, std::string>> lines_;  // the line, and where it is
  std::vector<std::string> twice_;
};

// OK where none of `all` cells was found twice and none is missing; `missing` names the first few.
absl::Status CheckComplete(int64_t all, int64_t found, const std::vector<std::string>& twice,
                           const std::vector<std::string>& missing) {
  if (!twice.empty())
    return BadInputError(
        absl::StrCat(Counted(static_cast<int64_t>(twice.size()), "cell"), " found twice: ", FirstFew(twice)));
  if (found == all) return absl::OkStatus();
  return BadInputError(
      absl::StrCat(all - found, " of ", Counted(all, "cell"), " missing (the file of a shard?): ", FirstFew(missing)));
}

// The cells of one task: those of one grid, by their place in it.
class TaskCells {
 public:
  // Makes room for the cells of the grid of `first`, the first line, which is at `place`. BadInput where it cannot be
  // read.
  absl::Status Begin(const Cell& first, const std::string& place) {
    const absl::StatusOr<Grid> grid = ParseGrid(first.grid);
    if (!grid.ok()) return BadInputError(absl::StrCat("key grid: ", grid.status().message()));
    first_ = first;
    first_place_ = place;
    several_counts_ = grid->recurrences.size() > 1;
    const std::vector<int64_t> counts =
        grid->recurrences.empty() ? std::vector<int64_t>{first.recurrences} : grid->recurrences;
    for (const GridCell& c : CellsOf(*grid)) {
      for (const int64_t count : counts) slots_.emplace(Key{c.first, c.second, c.operands, count}, slots_.size());
    }
    return absl::OkStatus();
  }

  // Takes a cell and its line, which is at `place`. BadInput where it is of another evaluation or of no place here.
  absl::Status Add(const Cell& cell, absl::string_view line, const std::string& place) {
    TALLY_RETURN_IF_ERROR(CheckSettings(cell));
    // Where the task counts no operands, its cells are those of a grid of two lengths.
    const Key key = {cell.first_digits, cell.second_digits, cell.operands == 0 ? 2 : cell.operands, cell.recurrences};
    const auto found = slots_.find(key);
    if (found == slots_.end()) return BadInputError(absl::StrCat(NameOf(key), ": no cell of the grid ", cell.grid));
    lines_.Add(found->second, NameOf(key), line, place);
    return absl::OkStatus();
  }

  // How many cells there are, the lines that were found, and the names of cells that were not.
  int64_t size() const { return static_cast<int64_t>(slots_.size()); }
  const PlacedLines& lines() const { return lines_; }
  std::vector<std::string> Missing() const {
    std::vector<std::string> missing;
    for (const auto& [key, slot] : slots_) {
      if (!lines_.Has(slot)) missing.push_back(NameOf(key));
    }
    return missing;
  }

 private:
  // First and second digits, operands, recurrences: what no two lines of a task have in common.
  using Key = std::tuple<int64_t, int64_t, int64_t, int64_t>;

  absl::Status CheckSettings(const Cell& cell) const {
    std::string difference = Difference(SettingsOf(cell), SettingsOf(first_));
    if (difference.empty() && !several_counts_ && cell.recurrences != first_.recurrences) {
      difference = absl::StrCat("recurrences: found ", cell.recurrences, ", expected ", first_.recurrences);
    }
    if (difference.empty()) return absl::OkStatus();
    return BadInputError(absl::StrCat(CellName(cell), ": ", difference, " as in ", first_place_));
  }

  std::string NameOf(const Key& key) const {
    Cell cell;
    cell.task = first_.task;
    cell.tasks = first_.tasks;
    std::tie(cell.first_digits, cell.second_digits, cell.operands, cell.recurrences) = key;
    return several_counts_ ? absl::StrCat(CellName(cell), ", ", Counted(cell.recurrences, "recurrence"))
                           : CellName(cell);
  }

  Cell first_;
  std::string first_place_;  // FILE:LINE
  bool several_counts_ = false;
  std::map<Key, size_t> slots_;  // places in the output
  PlacedLines lines_;            // by these
};

// The cells of given problems, whose lines say which of all they are.
class GivenLines {
 public:
  // Takes a cell and its line, which is at `place`. BadInput where it is of another evaluation than the first.
  absl::Status Add(const Cell& cell, absl::string_view line, const std::string& place) {
    if (lines_.size() == 0) {
      first_ = cell;
      first_place_ = place;
    }
    const std::string difference = Difference(CommonOf(cell), CommonOf(first_));
    if (!difference.empty()) {
      return BadInputError(absl::StrCat(CellName(cell), ": ", difference, " as in ", first_place_));
    }
    lines_.Add(static_cast<size_t>(cell.line), absl::StrCat("line ", cell.line), line, place);
    return absl::OkStatus();
  }

  absl::Status Check() const {
    std::vector<std::string> missing;
    for (int64_t line = 1; line <= first_.lines && missing.size() <= kNamed; ++line) {
      if (!lines_.Has(static_cast<size_t>(line))) missing.push_back(absl::StrCat("line ", line));
    }
    return CheckComplete(first_.lines, lines_.size(), lines_.twice(), missing);
  }

  const PlacedLines& lines() const { return lines_; }

 private:
  // What all cells have in common, whatever their tasks and the number of their problems.
  static Settings CommonOf(Cell cell) {
    cell.task.clear();
    cell.samples_max = cell.trained_first_max = cell.trained_second_max = 0;
    Settings settings = SettingsOf(cell);
    settings.emplace_back("lines", absl::StrCat(cell.lines));
    if (cell.has_lengths()) settings.emplace_back("problems", cell.problems);
    return settings;
  }

  Cell first_;
  std::string first_place_;  // FILE:LINE
  PlacedLines lines_;
};

class Merger {
 public:
  absl::Status Read(const std::string& file) {
    TALLY_ASSIGN_OR_RETURN(const auto reader, LineReader::Open(file));
    absl::string_view line;
    while (true) {
      TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
      if (!more) return absl::OkStatus();
      const std::string place = absl::StrCat(reader->name(), ":", reader->line_number());
      const absl::Status status = Add(line, place);
      if (!status.ok()) return reader->ErrorHere(status.message());
    }
  }

  // OK where every cell of every task's grid, or of the given problems, was found once.
  absl::Status Check() const {
    if (given_.has_value()) return given_->Check();
    if (tasks_.empty()) return BadInputError("found no line, expected cells");
    std::vector<std::string> twice, missing;
    int64_t all = 0, found_lines = 0;
    for (const std::string& name : names_) {
      const auto found = tasks_.find(name);
      if (found == tasks_.end()) {
        return BadInputError(absl::StrCat("all cells of ", name, " missing (the file of a shard?)"));
      }
      const std::vector<std::string> of_task = found->second.Missing();
      missing.insert(missing.end(), of_task.begin(), of_task.end());
      const std::vector<std::string>& twice_of_task = found->second.lines().twice();
      twice.insert(twice.end(), twice_of_task.begin(), twice_of_task.end());
      all += found->second.size();
      found_lines += found->second.lines().size();
    }
    return CheckComplete(all, found_lines, twice, missing);
  }

  absl::Status Write(const std::string& out) const {
    TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
    if (given_.has_value()) TALLY_RETURN_IF_ERROR(given_->lines().WriteTo(stream.get()));
    for (const std::string& name : names_) TALLY_RETURN_IF_ERROR(tasks_.at(name).lines().WriteTo(stream.get()));
    return stream->Commit();
  }

 private:
  absl::Status Add(absl::string_view line, const std::string& place) {
    TALLY_ASSIGN_OR_RETURN(const Cell cell, CellFromJson(line));
    if (cell.line > 0 ? !tasks_.empty() : given_.has_value()) {
      return BadInputError(absl::StrCat(CellName(cell), ": found a cell of ",
                                        cell.line > 0 ? "given problems" : "a grid", ", expected one of ",
                                        cell.line > 0 ? "a grid" : "given problems", " as before"));
    }
    if (cell.line > 0) {
      if (!given_.has_value()) given_.emplace();
      return given_->Add(cell, line, place);
    }
    if (cell.grid.empty() || !cell.problems.empty()) {
      return BadInputError(absl::StrCat(CellName(cell), ": found no grid and no place among lines of given problems, ",
                                        "expected a cell that records one"));
    }
    // The first line says which tasks there are. One that is none of them differs from the first in what it says.
    if (names_.empty()) names_ = absl::StrSplit(cell.tasks.empty() ? cell.task : cell.tasks, ',');
    const bool known = std::find(names_.begin(), names_.end(), cell.task) != names_.end();
    const auto [place_of_task, is_new] = tasks_.try_emplace(known ? cell.task : names_[0]);
    if (is_new) TALLY_RETURN_IF_ERROR(Begin(cell, place, &place_of_task->second));
    return place_of_task->second.Add(cell, line, place);
  }

  // What lines of different tasks have in common is compared with the first line of all.
  absl::Status Begin(const Cell& cell, const std::string& place, TaskCells* task) {
    if (!first_.has_value()) {
      first_ = cell;
      first_place_ = place;
    }
    Cell as_first = cell;  // but for what a task may have of its own
    as_first.task = first_->task;
    as_first.grid = first_->grid;
    as_first.trained_first_max = first_->trained_first_max;
    as_first.trained_second_max = first_->trained_second_max;
    const std::string difference = Difference(SettingsOf(as_first), SettingsOf(*first_));
    if (difference.empty()) return task->Begin(cell, place);
    return BadInputError(absl::StrCat(CellName(cell), ": ", difference, " as in ", first_place_));
  }

  std::vector<std::string> names_;          // of the tasks, in order
  std::map<std::string, TaskCells> tasks_;  // those of which a line was found
  std::optional<GivenLines> given_;         // in place of tasks
  std::optional<Cell> first_;
  std::string first_place_;
};

}  // namespace

absl::Status MergeCells(const std::vector<std::string>& files, const std::string& out) {
  if (files.empty()) return UsageError("found no file, expected those of all shards");
  Merger merger;
  for (const std::string& file : files) TALLY_RETURN_IF_ERROR(merger.Read(file));
  TALLY_RETURN_IF_ERROR(merger.Check());
  return merger.Write(out);
}

}  // namespace tally
