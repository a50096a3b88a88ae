// Grids as text, and files of cells that are put together.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/results/merge.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

// Grids of millions of cells are right, and slow.
bool HasLongNumber(absl::string_view text) {
  size_t digits = 0;
  return std::any_of(text.begin(), text.end(), [&](char c) {
    digits = absl::ascii_isdigit(c) ? digits + 1 : 0;
    return digits > 3;
  });
}

void CheckGrid(absl::string_view text) {
  const absl::StatusOr<Grid> grid = ParseGrid(text);
  if (!grid.ok()) return CheckRefusal(grid.status());
  const std::vector<GridCell> cells = CellsOf(*grid);
  TALLY_LAW(!cells.empty());
  for (const GridCell& cell : cells) TALLY_LAW(std::max(cell.first, cell.second) >= grid->min_longest);
  const absl::StatusOr<Grid> again = ParseGrid(GridText(*grid));
  TALLY_LAW(again.ok() && GridText(*again) == GridText(*grid) && CellsOf(*again).size() == cells.size());
}

}  // namespace

void CheckLaws(absl::string_view input) {
  if (HasLongNumber(input)) return;
  Choices choices(input);
  if (choices.Flag()) return CheckGrid(choices.rest());
  static MemoryFile& file = *new MemoryFile;
  const std::string& path = file.Holding(choices.rest());
  const absl::Status merged = MergeCells({path}, "/dev/null");
  if (!merged.ok()) return CheckRefusal(merged);
  const absl::StatusOr<std::vector<Cell>> cells = ReadCells(path);
  TALLY_LAW(cells.ok());
  for (const Cell& cell : *cells) TALLY_LAW(ParseGrid(cell.grid).ok());
}

std::vector<std::string> Seeds() {
  Cell cell;
  cell.task = "addition";
  cell.grid = "rows=1..2 cols=1";
  cell.first_digits = cell.second_digits = 1;
  cell.operands = 2;
  cell.samples = cell.samples_max = 4;
  const std::string first = CellToJson(cell);
  cell.first_digits = 2;
  std::vector<std::string> seeds = {'\0' + first + "\n" + CellToJson(cell) + "\n", '\0' + first + "\n" + first + "\n",
                                    std::string(1, '\0') + "\n"};
  cell.grid = "rows=2 operands=2 recurrences=1..2";
  cell.recurrences = 2;
  seeds.push_back('\0' + CellToJson(cell) + "\n");
  for (const std::string& name : GridNames()) seeds.push_back('\1' + name);
  seeds.push_back("\1rows=1..100:9,50 cols=1..20 min_longest=3 recurrences=1..16");
  return seeds;
}

std::vector<std::string> Words() {
  return {"rows=",       "cols=", "operands=", "recurrences=", "min_longest=", "..",
          ":",           ",",     " ",         "\"grid\":\"",  "\"task\":",    "\"tasks\":\"addition,sorting\",",
          "\"sorting\"", "\n",    "big"};
}

}  // namespace tally::fuzz
