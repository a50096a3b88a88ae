#include "lib/results/grid.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr int64_t kMaxLength = 1'000'000;
constexpr int64_t kMaxLines = 10'000'000;

// The reference's names, without its leading `_`, and what they mean.
const std::vector<std::pair<std::string, std::string>>& NamedGrids() {
  static const auto& grids = *new std::vector<std::pair<std::string, std::string>>{
      {"big", "rows=1..100 cols=1..100"},
      {"large", "rows=1..23 cols=1..23"},
      {"ood_only", "rows=1..30 cols=1..30 min_longest=24"},
      {"up_to_40", "rows=1..40 cols=1..40 min_longest=31"},
      {"up_to_50", "rows=1..50 cols=1..50 min_longest=41"},
      {"mul", "rows=1..25 cols=1..25"},
      {"pos_arth", "rows=1..25 cols=1..25"},
      {"pos_arth_ood", "rows=1..40 cols=1..40 min_longest=26"},
      {"over_100_1", "rows=101..160 operands=2"},
      {"over_100_2", "rows=800,1000 operands=2"},
      {"over_100_3", "rows=200,700,900 operands=2"},
      {"over_100_4", "rows=300..600:100 operands=2"},
      {"sort", "rows=1..30 cols=1..30"},
  };
  return grids;
}

absl::Status RefuseLengths(absl::string_view text) {
  return UsageError(absl::StrCat("lengths '", text, "'; expected such as 1..20, 1..100:9, 50, or several with commas, ",
                                 "within 1..", kMaxLength));
}

absl::Status RefuseGrid(absl::string_view text) {
  const std::vector<std::string> names = GridNames();
  return UsageError(absl::StrCat("grid '", text, "'; expected one of ", absl::StrJoin(names, ", "),
                                 ", or such as rows=1..30 cols=1..30 min_longest=24", DidYouMean(text, names)));
}

// Adds the lengths of one item: N, A..B or A..B:STEP. False where it is none of these, or `*left`, which is lowered by
// as many, is not enough.
bool AddItem(absl::string_view item, int64_t* left, std::set<int64_t>* lengths) {
  const std::vector<absl::string_view> range_step = absl::StrSplit(item, ':');
  int64_t step = 1, first = 0, last = 0;
  if (range_step.size() > 2 || (range_step.size() == 2 && !absl::SimpleAtoi(range_step[1], &step))) return false;
  const std::vector<absl::string_view> ends = absl::StrSplit(range_step[0], "..");
  if (ends.size() > 2 || (ends.size() == 1 && range_step.size() == 2)) return false;
  if (!absl::SimpleAtoi(ends.front(), &first) || !absl::SimpleAtoi(ends.back(), &last)) return false;
  if (first < 1 || last < first || last > kMaxLength || step < 1) return false;
  *left -= (last - first) / step + 1;
  if (*left < 0) return false;
  for (int64_t n = first; n <= last; n += step) lengths->insert(n);
  return true;
}

// How many lengths from `begin` on have the same distance, at least 1.
size_t RunLength(const std::vector<int64_t>& lengths, size_t begin) {
  size_t end = begin + 1;
  while (end < lengths.size() && lengths[end] - lengths[end - 1] == lengths[begin + 1] - lengths[begin]) ++end;
  return end - begin;
}

// Sets the part of `grid` that `part`, such as `rows=1..20`, names. False where it names none.
absl::StatusOr<bool> SetPart(absl::string_view part, Grid* grid) {
  const std::pair<absl::string_view, absl::string_view> name_value = absl::StrSplit(part, absl::MaxSplits('=', 1));
  std::vector<int64_t> min_longest;
  std::vector<int64_t>* const lists[] = {&grid->rows, &grid->cols, &grid->operands, &grid->recurrences, &min_longest};
  const char* const names[] = {"rows", "cols", "operands", "recurrences", "min_longest"};
  for (size_t i = 0; i < 5; ++i) {
    if (name_value.first != names[i]) continue;
    TALLY_ASSIGN_OR_RETURN(*lists[i], ParseLengths(name_value.second));
    if (min_longest.size() > 1) return false;
    if (!min_longest.empty()) grid->min_longest = min_longest[0];
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> ParseLengths(absl::string_view text) {
  std::set<int64_t> lengths;
  int64_t left = 2 * kMaxLength;  // repetitions are allowed, and cost time
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    if (!AddItem(item, &left, &lengths)) return RefuseLengths(text);
  }
  return std::vector<int64_t>(lengths.begin(), lengths.end());
}

std::string LengthsText(const std::vector<int64_t>& lengths) {
  std::vector<std::string> items;
  for (size_t begin = 0; begin < lengths.size();) {
    const size_t run = RunLength(lengths, begin);
    if (run < 3) {
      items.push_back(absl::StrCat(lengths[begin++]));
      continue;
    }
    const int64_t step = lengths[begin + 1] - lengths[begin];
    items.push_back(absl::StrCat(lengths[begin], "..", lengths[begin + run - 1]));
    if (step > 1) absl::StrAppend(&items.back(), ":", step);
    begin += run;
  }
  return absl::StrJoin(items, ",");
}

std::string GridText(const Grid& grid) {
  std::string text = absl::StrCat("rows=", LengthsText(grid.rows));
  if (!grid.cols.empty()) absl::StrAppend(&text, " cols=", LengthsText(grid.cols));
  if (!grid.operands.empty()) absl::StrAppend(&text, " operands=", LengthsText(grid.operands));
  if (grid.min_longest > 1) absl::StrAppend(&text, " min_longest=", grid.min_longest);
  if (!grid.recurrences.empty()) absl::StrAppend(&text, " recurrences=", LengthsText(grid.recurrences));
  return text;
}

std::vector<std::string> GridNames() {
  std::vector<std::string> names;
  for (const auto& [name, meaning] : NamedGrids()) names.push_back(name);
  return names;
}

absl::StatusOr<Grid> ParseGrid(absl::string_view text) {
  for (const auto& [name, meaning] : NamedGrids()) {
    if (text == name) return ParseGrid(meaning);
  }
  Grid grid;
  for (const absl::string_view part : absl::StrSplit(text, ' ')) {
    TALLY_ASSIGN_OR_RETURN(const bool known, SetPart(part, &grid));
    if (!known) return RefuseGrid(text);
  }
  TALLY_RETURN_IF_ERROR(ValidateGrid(grid));
  return grid;
}

absl::Status ValidateGrid(const Grid& grid) {
  if (grid.rows.empty() || grid.cols.empty() == grid.operands.empty()) {
    return UsageError(absl::StrCat("grid ", GridText(grid), "; expected rows, and either cols or operands"));
  }
  const double lines = static_cast<double>(grid.rows.size()) * std::max(grid.cols.size(), grid.operands.size()) *
                       std::max<size_t>(1, grid.recurrences.size());
  const bool sums = !grid.operands.empty();
  if (lines > kMaxLines) {
    return UsageError(absl::StrCat("grid ", GridText(grid), "; expected at most ", kMaxLines, " cells in all"));
  }
  if (std::max(grid.rows.back(), sums ? 0 : grid.cols.back()) < grid.min_longest)
    return UsageError(absl::StrCat("grid ", GridText(grid), " has no cell"));
  return absl::OkStatus();
}

std::vector<GridCell> CellsOf(const Grid& grid) {
  std::vector<GridCell> cells;
  const bool sums = !grid.operands.empty();
  const std::vector<int64_t>& columns = sums ? grid.operands : grid.cols;
  for (size_t row = 0; row < grid.rows.size(); ++row) {
    for (size_t column = 0; column < columns.size(); ++column) {
      GridCell cell;
      cell.first = grid.rows[row];
      cell.second = sums ? cell.first : columns[column];
      cell.operands = sums ? columns[column] : 2;
      cell.odd = (row + column) % 2 == 1;
      if (std::max(cell.first, cell.second) >= grid.min_longest) cells.push_back(cell);
    }
  }
  return cells;
}

}  // namespace tally
