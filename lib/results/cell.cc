#include "lib/results/cell.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

using Json = nlohmann::json;

std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// Reads keys of one line; remembers the first error.
class Keys {
 public:
  explicit Keys(const Json& line) : line_(line) {}

  const absl::Status& status() const { return status_; }

  std::string Text(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end() && found->is_string()) return found->get<std::string>();
    Fail(key, found == line_.end() ? "nothing" : found->dump(), "text");
    return "";
  }

  int64_t Count(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end() && found->is_number_integer() && *found >= 0) return found->get<int64_t>();
    Fail(key, found == line_.end() ? "nothing" : found->dump(), "a whole number, 0 or more");
    return 0;
  }

 private:
  void Fail(const char* key, const std::string& found, const char* expected) {
    if (status_.ok()) status_ = BadInputError(absl::StrCat("key ", key, ": found ", found, ", expected ", expected));
  }

  const Json& line_;
  absl::Status status_;
};

absl::Status NoMore(const char* part, int64_t count, const char* whole, int64_t most) {
  if (count <= most) return absl::OkStatus();
  return BadInputError(absl::StrCat("key ", part, ": found ", count, ", expected at most ", whole, ", ", most));
}

}  // namespace

Interval WilsonInterval(int64_t successes, int64_t trials) {
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // the 97.5 % point of the normal distribution
  const double n = static_cast<double>(trials), p = successes / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

std::string CellToJson(const Cell& c) {
  const Interval interval = WilsonInterval(c.exact, c.samples);
  return absl::StrFormat(
      "{\"task\":%s,\"problems\":%s,\"first_digits\":%d,\"second_digits\":%d,\"samples\":%d,\"exact\":%d,"
      "\"exact_fraction\":%.6g,\"exact_low\":%.6g,\"exact_high\":%.6g,\"tokens\":%d,\"tokens_right\":%d,"
      "\"token_accuracy\":%.6g,\"model\":%s,\"step\":%d,\"recurrences\":%d,\"seed\":%u,\"trained_first_max\":%d,"
      "\"trained_second_max\":%d}",
      Quoted(c.task), Quoted(c.problems), c.first_digits, c.second_digits, c.samples, c.exact, c.exact_fraction(),
      interval.low, interval.high, c.tokens, c.tokens_right,
      c.tokens == 0 ? 0.0 : static_cast<double>(c.tokens_right) / c.tokens, Quoted(c.model), c.step, c.recurrences,
      c.seed, c.trained_first_max, c.trained_second_max);
}

absl::StatusOr<Cell> CellFromJson(absl::string_view line) {
  const Json json = Json::parse(line.begin(), line.end(), /*callback=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return BadInputError("found no JSON object, expected a cell written by eval");
  Keys keys(json);
  Cell c;
  c.task = keys.Text("task");
  c.problems = keys.Text("problems");
  c.first_digits = keys.Count("first_digits");
  c.second_digits = keys.Count("second_digits");
  c.samples = keys.Count("samples");
  c.exact = keys.Count("exact");
  c.tokens = keys.Count("tokens");
  c.tokens_right = keys.Count("tokens_right");
  c.model = keys.Text("model");
  c.step = keys.Count("step");
  c.recurrences = keys.Count("recurrences");
  c.seed = static_cast<uint64_t>(keys.Count("seed"));
  c.trained_first_max = keys.Count("trained_first_max");
  c.trained_second_max = keys.Count("trained_second_max");
  TALLY_RETURN_IF_ERROR(keys.status());
  TALLY_RETURN_IF_ERROR(NoMore("exact", c.exact, "samples", c.samples));
  TALLY_RETURN_IF_ERROR(NoMore("tokens_right", c.tokens_right, "tokens", c.tokens));
  return c;
}

absl::StatusOr<std::vector<Cell>> ReadCells(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const auto reader, LineReader::Open(path));
  std::vector<Cell> cells;
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
    if (!more) break;
    const absl::StatusOr<Cell> cell = CellFromJson(line);
    if (!cell.ok()) return reader->ErrorHere(cell.status().message());
    cells.push_back(*cell);
  }
  if (cells.empty()) return BadInputError(absl::StrCat(reader->name(), ": found no line, expected cells"));
  return cells;
}

void Totals::Add(const Cell& cell) {
  ++cells;
  samples += cell.samples;
  exact += cell.exact;
  worst = std::min(worst, cell.exact_fraction());
}

std::string Summary(const std::vector<Cell>& cells) {
  // In the order in which they are printed.
  Totals inside, outside, long_ones;
  std::string given;
  int64_t first_max = 0, second_max = 0;
  const auto line = [](const std::string& name, const Totals& t) {
    if (t.cells == 0) return std::string();
    const Interval interval = WilsonInterval(t.exact, t.samples);
    return absl::StrFormat("%s: %d of %d exact, %.2f %% (95 %% interval %.2f..%.2f %%), %d cells, worst %.1f %%\n",
                           name, t.exact, t.samples, 100.0 * t.exact / t.samples, 100 * interval.low,
                           100 * interval.high, t.cells, 100 * t.worst);
  };
  for (const Cell& cell : cells) {
    if (!cell.problems.empty()) {
      Totals file;
      file.Add(cell);
      absl::StrAppend(&given, line(cell.problems, file));
      continue;
    }
    first_max = cell.trained_first_max;
    second_max = cell.trained_second_max;
    (cell.in_distribution() ? inside : outside).Add(cell);
    if (std::max(cell.first_digits, cell.second_digits) >= 100) long_ones.Add(cell);
  }
  const std::string range = absl::StrFormat("at most %d and %d digits", first_max, second_max);
  return absl::StrCat(line(absl::StrCat("in distribution (", range, ")"), inside),
                      line("out of distribution (longer operands)", outside),
                      line("of these, 100 digits or more", long_ones), given);
}

}  // namespace tally
