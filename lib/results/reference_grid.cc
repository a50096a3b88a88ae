#include "lib/results/reference_grid.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// Where the steps of the 100 x 100 grid end.
constexpr int64_t kStepEnds[] = {0, 46, 58, 67, 74, 80, 85, 90, 94, 97, 100};

// Grids of tasks that share their names with those of sums; their numbers of rows tell them apart.
struct SharedName {
  absl::string_view name;
  int64_t rows;
  absl::string_view task;
  const char* grid;
};
constexpr SharedName kSharedNames[] = {{"large", 25, "multiplication", "mul"},
                                       {"ood_only", 40, "bitwise_or", "pos_arth_ood"}};

// "large", "ood_only", ... of the reference's grids.
std::string GridName(absl::string_view name, int64_t size) {
  for (const SharedName& shared : kSharedNames) {
    if (name == shared.name && size == shared.rows) return shared.grid;
  }
  for (const char* known : {"large", "ood_only", "up_to_40", "up_to_50"}) {
    if (name == known) return known;
  }
  return "";
}

absl::StatusOr<ReferenceGrid> PieceOf(int64_t step, const std::string& colour) {
  ReferenceGrid reference;
  reference.is_piece = true;
  TALLY_ASSIGN_OR_RETURN(reference.grid, ParseGrid("big"));
  for (const GridCell& cell : CellsOf(reference.grid)) {
    const int64_t longest = std::max(cell.first, cell.second);
    if (longest <= kStepEnds[step - 1] || longest > kStepEnds[step]) continue;
    if (colour.empty() || (colour == "_odd") == cell.odd) reference.cells.push_back(cell);
  }
  return reference;
}

// Arrays from `first` x `second` on: those that are shorter in both are another job's.
absl::StatusOr<ReferenceGrid> SortingOf(int64_t first, int64_t second, int64_t end) {
  if (end < 2) return BadInputError("found no cell in the name, expected accs_grid_quick_1_1_31.json and the like");
  ReferenceGrid reference;
  reference.is_sorting = true;
  const std::string lengths = absl::StrCat("1..", end - 1);
  TALLY_ASSIGN_OR_RETURN(reference.grid, ParseGrid(absl::StrCat("rows=", lengths, " cols=", lengths)));
  for (const GridCell& cell : CellsOf(reference.grid)) {
    if (cell.first >= first || cell.second >= second) reference.cells.push_back(cell);
  }
  return reference;
}

// All cells of a named grid.
absl::StatusOr<ReferenceGrid> WholeOf(const std::string& name) {
  ReferenceGrid reference;
  TALLY_ASSIGN_OR_RETURN(reference.grid, ParseGrid(name));
  reference.cells = CellsOf(reference.grid);
  return reference;
}

absl::StatusOr<ReferenceGrid> ByLengthOf(const std::string& name) {
  TALLY_ASSIGN_OR_RETURN(ReferenceGrid reference, WholeOf(name));
  reference.is_by_length = true;
  return reference;
}

}  // namespace

int64_t ReferenceRowsOf(absl::string_view task) {
  for (const SharedName& shared : kSharedNames) {
    if (task == shared.task) return shared.rows;
  }
  return 0;
}

absl::StatusOr<ReferenceGrid> ReferenceGridOf(absl::string_view name, int64_t size) {
  static const auto& piece = *new RE2("accs_grid_quick_big_eval_([0-9]+)(_even|_odd)?\\.json");
  static const auto& sorting = *new RE2("accs_grid_quick_([0-9]{1,4})_([0-9]{1,4})_([0-9]{1,4})\\.json");
  static const auto& by_length = *new RE2("(over_100_[1-4])\\.json");
  static const auto& other = *new RE2("accs_grid_quick_(\\w+)\\.json");
  const std::string text(name);
  int64_t first = 0, second = 0, end = 0;
  std::string word;
  if (RE2::FullMatch(text, piece, &first, &word) && first >= 1 && first <= 10) return PieceOf(first, word);
  if (RE2::FullMatch(text, sorting, &first, &second, &end)) return SortingOf(first, second, end);
  if (RE2::FullMatch(text, by_length, &word)) return ByLengthOf(word);
  if (RE2::FullMatch(text, other, &word) && !GridName(word, size).empty()) return WholeOf(GridName(word, size));
  return BadInputError(
      "the name is none of the reference's, expected accs_grid_quick with _large, _ood_only, _up_to_40, _up_to_50, "
      "_big_eval_1 to _10, these with _even or _odd, or _1_1_31, and .json, or over_100_1.json to over_100_4.json");
}

}  // namespace tally
