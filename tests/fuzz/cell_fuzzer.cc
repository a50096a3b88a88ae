// A line of an evaluation's results.
#include <cstring>

#include "lib/results/cell.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {

void CheckLaws(absl::string_view input) {
  const absl::StatusOr<Cell> cell = CellFromJson(input);
  if (!cell.ok()) return CheckRefusal(cell.status());
  TALLY_LAW(0 <= cell->exact && cell->exact <= cell->samples && cell->samples <= cell->samples_max);
  TALLY_LAW(0 <= cell->tokens_right && cell->tokens_right <= cell->tokens);
  const Interval interval = WilsonInterval(cell->exact, cell->samples);
  TALLY_LAW(0 <= interval.low && interval.low <= interval.high && interval.high <= 1);
  TALLY_LAW(!CellName(*cell).empty() || !cell->has_lengths());
  const std::string line = CellToJson(*cell);
  const absl::StatusOr<Cell> again = CellFromJson(line);
  TALLY_LAW(again.ok() && CellToJson(*again) == line);
  TALLY_LAW(line.find('\n') == std::string::npos);
}

std::vector<std::string> Seeds() {
  Cell cell;
  cell.task = "addition";
  cell.grid = "rows=1..3 cols=1..3";
  cell.first_digits = cell.second_digits = 3;
  cell.operands = 2;
  cell.samples = cell.samples_max = 10;
  cell.exact = 9;
  cell.tokens = 40;
  cell.tokens_right = 39;
  cell.model = "runs/\"a\"";
  Cell rich = cell;
  rich.tasks = "addition,sorting";
  rich.problems = "tests";
  rich.first_exact = rich.in_training = 1;
  rich.temperature = 0.5;
  rich.seed = UINT64_MAX;
  Score score;
  score.right = {true, false, true};
  rich.errors.Add(score, {{"longest_carry_run", 3}});
  return {CellToJson(cell), CellToJson(rich)};
}

std::vector<std::string> Words() {
  return {"\"errors\":",
          "\"interval\":",
          "\"seed\":",
          "\"exact\":",
          "\"samples\":",
          "\"grid\":",
          "\"first_exact\":",
          "[0,1,2]",
          "18446744073709551615",
          "9223372036854775808",
          "-1",
          "1e300",
          "0.1",
          "null",
          "\"\\ud800\"",
          "[[",
          "{}"};
}

}  // namespace tally::fuzz
