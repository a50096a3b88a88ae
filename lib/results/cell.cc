#include "lib/results/cell.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/tasks/registry.h"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;  // so that measures keep their order

std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// Reads keys of one line; remembers the first error.
class Keys {
 public:
  explicit Keys(const Json& line) : line_(line) {}

  const absl::Status& status() const { return status_; }

  bool Has(const char* key) const { return line_.contains(key); }

  std::string Text(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end() && found->is_string()) return found->get<std::string>();
    Fail(key, found == line_.end() ? "nothing" : ShortJson(*found), "text");
    return "";
  }

  int64_t Count(const char* key) { return Whole(key, 0, "a whole number, 0 or more"); }

  // A whole number from -1 on.
  int64_t Index(const char* key) { return Whole(key, -1, "a whole number, -1 or more"); }

  uint64_t Seed(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end() && found->is_number_unsigned()) return found->get<uint64_t>();
    Fail(key, found == line_.end() ? "nothing" : ShortJson(*found), "a whole number, 0 or more");
    return 0;
  }

  bool Truth(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end() && found->is_boolean()) return found->get<bool>();
    Fail(key, found == line_.end() ? "nothing" : ShortJson(*found), "true or false");
    return false;
  }

  double Number(const char* key) {
    const auto found = line_.find(key);
    if (found != line_.end() && found->is_number() && *found >= 0) return found->get<double>();
    Fail(key, found == line_.end() ? "nothing" : ShortJson(*found), "a number, 0 or more");
    return 0;
  }

 private:
  int64_t Whole(const char* key, int64_t least, const char* expected) {
    const auto found = line_.find(key);
    if (found != line_.end() && IsInt64(*found) && *found >= least) return found->get<int64_t>();
    Fail(key, found == line_.end() ? "nothing" : ShortJson(*found), expected);
    return 0;
  }

  void Fail(const char* key, const std::string& found, const char* expected) {
    if (status_.ok()) status_ = BadInputError(absl::StrCat("key ", key, ": found ", found, ", expected ", expected));
  }

  const Json& line_;
  absl::Status status_;
};

// The keys that lines had from the first version on.
void ReadFirstKeys(Keys& keys, Cell* c) {
  c->task = keys.Text("task");
  c->problems = keys.Text("problems");
  c->first_digits = keys.Count("first_digits");
  c->second_digits = keys.Count("second_digits");
  c->samples = keys.Count("samples");
  c->exact = keys.Count("exact");
  c->tokens = keys.Count("tokens");
  c->tokens_right = keys.Count("tokens_right");
  c->model = keys.Text("model");
  c->step = keys.Count("step");
  c->recurrences = keys.Count("recurrences");
  c->seed = keys.Seed("seed");
  c->trained_first_max = keys.Count("trained_first_max");
  c->trained_second_max = keys.Count("trained_second_max");
}

// The keys that are there only where something was asked for that is not usual.
void ReadUnusualKeys(Keys& keys, Cell* c) {
  if (keys.Has("given")) c->given = keys.Text("given");
  if (keys.Has("split")) c->split = keys.Text("split");
  if (keys.Has("add_index_hints")) c->add_index_hints = keys.Truth("add_index_hints");
  if (keys.Has("overlap_with")) c->overlap_with = keys.Text("overlap_with");
  if (keys.Has("precision")) c->precision = keys.Text("precision");
  if (keys.Has("accept_edits")) c->accept_edits = keys.Truth("accept_edits");
}

// The keys that came later: where one is missing, what was always so before.
void ReadLaterKeys(Keys& keys, Cell* c) {
  if (keys.Has("tasks")) c->tasks = keys.Text("tasks");
  c->grid = keys.Has("grid") ? keys.Text("grid") : "";
  c->operands = keys.Has("operands") ? keys.Count("operands") : c->problems.empty() ? GridOfTask(c->task).operands : 0;
  c->samples_max = keys.Has("samples_max") ? keys.Count("samples_max") : c->samples;
  if (keys.Has("line")) {
    c->line = keys.Count("line");
    c->lines = keys.Count("lines");
    c->problems_hash = keys.Text("problems_hash");
  }
  ReadUnusualKeys(keys, c);
  if (keys.Has("interval")) c->interval = keys.Number("interval");
  if (keys.Has("first_exact")) c->first_exact = keys.Count("first_exact");
  if (keys.Has("in_training")) c->in_training = keys.Count("in_training");
  if (keys.Has("decoding")) c->decoding = keys.Text("decoding");
  if (keys.Has("temperature")) c->temperature = keys.Number("temperature");
  if (keys.Has("top_k")) c->top_k = keys.Count("top_k");
  if (keys.Has("offset")) c->offset = keys.Index("offset");
  if (keys.Has("logit_factor")) c->logit_factor = keys.Number("logit_factor");
}

absl::Status NoMore(const char* part, int64_t count, const char* whole, int64_t most) {
  if (count <= most) return absl::OkStatus();
  return BadInputError(absl::StrCat("key ", part, ": found ", count, ", expected at most ", whole, ", ", most));
}

// Which line of all lines of given problems it is, with a comma; "" where it is not known.
std::string PlaceToJson(const Cell& c) {
  if (c.line == 0) return "";
  return absl::StrFormat(R"("line":%d,"lines":%d,"problems_hash":%s,)", c.line, c.lines, Quoted(c.problems_hash));
}

// What is unusual in which problems were given, and in how the model was run, with commas; "" where nothing is.
std::string GivenToJson(const Cell& c) {
  std::string keys;
  if (!c.given.empty()) absl::StrAppend(&keys, R"("given":)", Quoted(c.given), ",");
  if (c.split != kUsualSplit) absl::StrAppend(&keys, R"("split":)", Quoted(c.split), ",");
  if (c.add_index_hints) absl::StrAppend(&keys, R"("add_index_hints":true,)");
  return keys;
}
std::string InferenceToJson(const Cell& c) {
  std::string keys;
  if (c.precision != kUsualPrecision) absl::StrAppend(&keys, R"("precision":)", Quoted(c.precision), ",");
  if (c.accept_edits) absl::StrAppend(&keys, R"("accept_edits":true,)");
  return keys;
}

// What the lines of all logged answers have.
nlohmann::ordered_json AnswerKeys(const Cell& cell, const LoggedAnswer& answer) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!cell.tasks.empty()) json["task"] = cell.task;
  json.update({{"problems", cell.problems},
               {"first_digits", cell.first_digits},
               {"second_digits", cell.second_digits},
               {"operands", cell.operands},
               {"recurrences", cell.recurrences},
               {"sample", answer.sample},
               {"problem", answer.problem},
               {"expected", answer.expected},
               {"got", answer.got},
               {"ended", answer.ended}});
  return json;
}

std::string Dumped(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Interval WilsonInterval(int64_t successes, int64_t trials) {
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // the 97.5 % point of the normal distribution
  const double n = static_cast<double>(trials), p = successes / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // The ends of none and of all are exact; rounding would leave 3e-18 in the place of 0.
  return {successes == 0 ? 0 : std::max(0.0, centre - half), successes == trials ? 1 : std::min(1.0, centre + half)};
}

std::string CellName(const Cell& cell) {
  std::string before = cell.tasks.empty() ? "" : absl::StrCat(cell.task, ", ");
  if (!cell.has_lengths()) return absl::StrCat(before, cell.problems);
  if (!cell.problems.empty()) absl::StrAppend(&before, cell.problems, ", ");
  if (cell.operands == 1) return absl::StrCat(before, cell.first_digits);
  const std::string operands = cell.operands > 2 ? absl::StrCat(", ", cell.operands, " operands") : "";
  return absl::StrCat(before, cell.first_digits, " x ", cell.second_digits, operands);
}

std::string Counted(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string CellToJson(const Cell& c) {
  const Interval interval = WilsonInterval(c.exact, c.samples);
  const std::string tasks = c.tasks.empty() ? "" : absl::StrCat(R"("tasks":)", Quoted(c.tasks), ",");
  std::string line = absl::StrFormat(
      R"({"task":%s,%s"problems":%s,"grid":%s,%s%s"first_digits":%d,"second_digits":%d,"operands":%d,"samples":%d,)"
      R"("samples_max":%d,"interval":%.10g,"exact":%d,"exact_fraction":%.6g,"exact_low":%.6g,"exact_high":%.6g,)"
      R"("tokens":%d,"tokens_right":%d,"token_accuracy":%.6g,)",
      Quoted(c.task), tasks, Quoted(c.problems), Quoted(c.grid), PlaceToJson(c), GivenToJson(c), c.first_digits,
      c.second_digits, c.operands, c.samples, c.samples_max, c.interval, c.exact, c.exact_fraction(), interval.low,
      interval.high, c.tokens, c.tokens_right, c.tokens == 0 ? 0.0 : static_cast<double>(c.tokens_right) / c.tokens);
  if (c.first_exact >= 0) absl::StrAppendFormat(&line, R"("first_exact":%d,)", c.first_exact);
  if (c.in_training >= 0) absl::StrAppendFormat(&line, R"("in_training":%d,)", c.in_training);
  if (!c.overlap_with.empty()) absl::StrAppend(&line, R"("overlap_with":)", Quoted(c.overlap_with), ",");
  absl::StrAppendFormat(
      &line,
      R"("decoding":%s,"temperature":%.10g,"top_k":%d,"model":%s,"step":%d,"recurrences":%d,)"
      R"("offset":%d,"logit_factor":%.10g,%s"seed":%u,"trained_first_max":%d,"trained_second_max":%d})",
      Quoted(c.decoding), c.temperature, c.top_k, Quoted(c.model), c.step, c.recurrences, c.offset, c.logit_factor,
      InferenceToJson(c), c.seed, c.trained_first_max, c.trained_second_max);
  if (c.errors.measures().empty()) return line;
  line.back() = ',';
  return absl::StrCat(line, "\"errors\":", c.errors.ToJson(), "}");
}

absl::StatusOr<Cell> CellFromJson(absl::string_view line) {
  const Json json = ParseJson<Json>(line);
  if (!json.is_object()) return BadInputError("found no JSON object, expected a cell written by eval");
  Keys keys(json);
  Cell c;
  ReadFirstKeys(keys, &c);
  ReadLaterKeys(keys, &c);
  TALLY_RETURN_IF_ERROR(keys.status());
  if (keys.Has("errors")) {
    const absl::StatusOr<ErrorCounts> errors = ErrorCounts::FromJson(json["errors"].dump());
    if (!errors.ok()) return BadInputError(absl::StrCat("key errors: ", errors.status().message()));
    c.errors = *errors;
  }
  TALLY_RETURN_IF_ERROR(NoMore("line", c.line, "lines", c.lines));
  TALLY_RETURN_IF_ERROR(NoMore("samples", c.samples, "samples_max", c.samples_max));
  TALLY_RETURN_IF_ERROR(NoMore("exact", c.exact, "samples", c.samples));
  TALLY_RETURN_IF_ERROR(NoMore("first_exact", c.first_exact, "samples", c.samples));
  TALLY_RETURN_IF_ERROR(NoMore("in_training", c.in_training, "samples", c.samples));
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

std::string WrongAnswerToJson(const Cell& cell, const LoggedAnswer& answer) { return Dumped(AnswerKeys(cell, answer)); }

std::string AnswerToJson(const Cell& cell, const LoggedAnswer& answer) {
  nlohmann::ordered_json json = AnswerKeys(cell, answer);
  json["exact"] = answer.exact;
  const auto known = [](double value) { return std::round(value * 1e4) / 1e4 + 0.0; };  // no -0
  for (const char* key : {"right_tokens", "predicted_tokens", "log_probabilities"}) json[key] = Json::array();
  for (const LoggedToken& token : answer.tokens) {
    if (!token.right.empty()) json["right_tokens"].push_back(token.right);
    if (token.predicted.empty()) continue;
    json["predicted_tokens"].push_back(token.predicted);
    json["log_probabilities"].push_back(known(token.log_predicted));
    if (token.log_right.has_value()) json["right_log_probabilities"].push_back(known(*token.log_right));
  }
  return Dumped(json);
}

}  // namespace tally
