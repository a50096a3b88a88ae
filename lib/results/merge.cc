#include "lib/results/merge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

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

std::string CountedCells(size_t count) { return absl::StrCat(count, count == 1 ? " cell" : " cells"); }

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
    lines_.resize(slots_.size());
    places_.resize(slots_.size());
    return absl::OkStatus();
  }

  // Takes a cell and its line, which is at `place`. BadInput where it is of another evaluation or of no place here.
  absl::Status Add(const Cell& cell, absl::string_view line, const std::string& place) {
    TALLY_RETURN_IF_ERROR(CheckSettings(cell));
    // Where the task counts no operands, its cells are those of a grid of two lengths.
    const Key key = {cell.first_digits, cell.second_digits, cell.operands == 0 ? 2 : cell.operands, cell.recurrences};
    const auto found = slots_.find(key);
    if (found == slots_.end()) return BadInputError(absl::StrCat(NameOf(key), ": no cell of the grid ", cell.grid));
    std::string& text = lines_[found->second];
    if (text.empty()) {
      text = std::string(line);
      places_[found->second] = place;
    } else {
      twice_.push_back(absl::StrCat(NameOf(key), " (", places_[found->second], " and ", place, ")"));
    }
    return absl::OkStatus();
  }

  // Lines in order; "" where none was found.
  const std::vector<std::string>& lines() const { return lines_; }

  // Names of cells that were found twice, with both places, and of those that were not found.
  const std::vector<std::string>& twice() const { return twice_; }
  std::vector<std::string> Missing() const {
    std::vector<std::string> missing;
    for (const auto& [key, slot] : slots_) {
      if (lines_[slot].empty()) missing.push_back(NameOf(key));
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
    return several_counts_ ? absl::StrCat(CellName(cell), ", ", cell.recurrences, " recurrences") : CellName(cell);
  }

  Cell first_;
  std::string first_place_;  // FILE:LINE
  bool several_counts_ = false;
  std::map<Key, size_t> slots_;      // places in the output
  std::vector<std::string> lines_;   // by place; "" where none was found yet
  std::vector<std::string> places_;  // where they were found
  std::vector<std::string> twice_;
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

  // OK where every cell of every task's grid was found once.
  absl::Status Check() const {
    if (tasks_.empty()) return BadInputError("found no line, expected cells");
    std::vector<std::string> twice, missing;
    size_t all = 0;
    for (const std::string& name : names_) {
      const auto found = tasks_.find(name);
      if (found == tasks_.end()) {
        return BadInputError(absl::StrCat("all cells of ", name, " missing (the file of a shard?)"));
      }
      const std::vector<std::string> of_task = found->second.Missing();
      missing.insert(missing.end(), of_task.begin(), of_task.end());
      twice.insert(twice.end(), found->second.twice().begin(), found->second.twice().end());
      all += found->second.lines().size();
    }
    if (!twice.empty())
      return BadInputError(absl::StrCat(CountedCells(twice.size()), " found twice: ", FirstFew(twice)));
    if (missing.empty()) return absl::OkStatus();
    return BadInputError(absl::StrCat(missing.size(), " of ", CountedCells(all),
                                      " missing (the file of a shard?): ", FirstFew(missing)));
  }

  absl::Status Write(const std::string& out) const {
    TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
    for (const std::string& name : names_) {
      for (const std::string& line : tasks_.at(name).lines()) {
        TALLY_RETURN_IF_ERROR(stream->Write(absl::StrCat(line, "\n")));
      }
    }
    return stream->Commit();
  }

 private:
  absl::Status Add(absl::string_view line, const std::string& place) {
    TALLY_ASSIGN_OR_RETURN(const Cell cell, CellFromJson(line));
    if (cell.grid.empty() || !cell.problems.empty()) {
      return BadInputError(
          absl::StrCat(CellName(cell), ": found no grid, expected a cell of a grid, which records it"));
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
